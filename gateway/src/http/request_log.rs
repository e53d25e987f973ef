//! Names each request, logs it in one line with its costs, and measures it.
//!
//! The line never holds a query string, variables, credentials or an address.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use curtail_edge::ClientNetwork;
use curtail_telemetry::{REQUEST_ID_HEADER, RequestId};
use tracing::{Instrument as _, field};

use super::response::ResponseCode;
use super::server::Peer;
use crate::app::App;
use crate::usage::{LONGEST_NAME, OperationUsage};

/// What is known of a request from its first moment on; travels in its extensions.
pub struct RequestRecord {
    /// Names it in all logs.
    pub id: RequestId,
    /// The client, behind proxies that we trust.
    pub client: IpAddr,
    /// When its headers were read.
    pub arrived: Instant,
    facts: Mutex<RequestFacts>,
}

/// What the handler adds.
#[derive(Debug, Clone, Default)]
pub struct RequestFacts {
    /// The operation's name, if it has one.
    pub operation: Option<String>,
    /// `query`, `mutation`, `subscription` or `rest`; empty when it never became one.
    pub kind: &'static str,
    /// `anonymous`, `session`, `cookie` or `api-key`; empty when it was not asked.
    pub caller: &'static str,
    /// What it may have cost.
    pub cost: u64,
    /// RPCs it made.
    pub rpcs: u32,
    /// Its answers follow one after the other and have a line of their own, at their end.
    pub followed: bool,
    /// What was counted of it when it was executed.
    pub counted: Option<OperationUsage>,
    /// How long resolvers ran, the waiting for services included.
    pub executed: Duration,
}

impl RequestRecord {
    /// Adds to the facts.
    pub fn note(&self, change: impl FnOnce(&mut RequestFacts)) {
        change(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn facts(&self) -> RequestFacts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Names the request, and logs and measures it when it is answered.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let arrived = Instant::now();
    let headers = request.headers();
    let id = headers.get(REQUEST_ID_HEADER).and_then(RequestId::from_header).unwrap_or_else(|| app.request_id());
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let client = app.client_ip.resolve(peer, headers);
    let span = tracing::info_span!("request", request_id = %id, otel.kind = "server");
    if let Some(parent) = headers.get("traceparent").and_then(|value| value.to_str().ok()) {
        curtail_telemetry::set_parent(&span, parent);
    }
    let method = request.method().clone();
    let path = known_path(request.uri().path());
    let record = Arc::new(RequestRecord { id, client, arrived, facts: Mutex::default() });
    request.extensions_mut().insert(ClientNetwork::from(client));
    request.extensions_mut().insert(record.clone());

    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID_HEADER, record.id.to_header());

    let (facts, took, status) = (record.facts(), arrived.elapsed(), response.status());
    let code = response.extensions().get::<ResponseCode>().map(|with| with.0.as_str());
    measure(path, status.as_u16(), &facts, took);
    if !facts.followed {
        let _entered = span.enter();
        tracing::info!(
            request_id = %record.id,
            %method,
            path,
            status = status.as_u16(),
            code,
            kind = (!facts.kind.is_empty()).then_some(facts.kind),
            operation = facts.operation.as_deref().map(shown),
            caller = (!facts.caller.is_empty()).then_some(facts.caller),
            cost = facts.cost,
            rpcs = facts.rpcs,
            deprecated = facts.counted.as_ref().and_then(|counted| counted.deprecated.as_deref()),
            api_key = facts.counted.as_ref().and_then(|counted| counted.api_key),
            ms = took.as_secs_f64() * 1000.0,
            "request"
        );
    }
    response
}

/// A name as the log has it: of what clients make up, not more than a metric would take.
pub(super) fn shown(name: &str) -> field::DisplayValue<&str> {
    field::display(&name[..name.floor_char_boundary(LONGEST_NAME)])
}

/// - `gateway_request_seconds{path,kind,status}`: from the first byte of the headers to the answer
/// - `gateway_overhead_seconds{kind,operation}`: the part of it in which no resolver ran
fn measure(path: &'static str, status: u16, facts: &RequestFacts, took: Duration) {
    let kind = if facts.kind.is_empty() { "none" } else { facts.kind };
    let class = match status {
        // Becoming a socket is a success.
        100..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::histogram!("gateway_request_seconds", "path" => path, "kind" => kind, "status" => class).record(took);
    if let Some(counted) = &facts.counted {
        let (overhead, operation) = (took.saturating_sub(facts.executed), counted.label.clone());
        metrics::histogram!("gateway_overhead_seconds", "kind" => kind, "operation" => operation).record(overhead);
    }
}

/// The pattern of the path if it is one of ours, so that neither log nor labels repeat what clients make up. What stands there
/// literally goes before what only fits.
fn known_path(path: &str) -> &'static str {
    let fits = |ours: &&str| {
        let mut segments = path.split('/');
        let all = ours.split('/').all(|part| match segments.next() {
            Some(segment) => part == segment || part.starts_with('{') && !segment.is_empty(),
            None => false,
        });
        all && (segments.next().is_none() || ours.contains("{*"))
    };
    let ours = curtail_routes::gateway::ALL.iter().copied();
    ours.filter(fits).max_by_key(|ours| ours.find('{').unwrap_or(usize::MAX)).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_clients_make_up_are_not_repeated() {
        assert_eq!(known_path("/graphql"), "/graphql");
        assert_eq!(known_path("/assets/playground/playground.js"), curtail_routes::gateway::ASSETS);
        assert_eq!(known_path("/v1/analytics/clicks.csv"), curtail_routes::gateway::EXPORT);
        assert_eq!((known_path("/"), known_path("/verify")), ("/", "/verify"));
        assert_eq!(known_path("/v1/links"), curtail_routes::gateway::LINKS);
        assert_eq!((known_path("/v1/links/bulk"), known_path("/v1/links/7")), ("/v1/links/bulk", "/v1/links/{id}"));
        assert_eq!(known_path("/v1/links/7/stats"), curtail_routes::gateway::LINK_STATS);
        for made_up in ["/graphql/../secret", "/v1/links/", "/v1/links/7/stats/8", "/v1", ""] {
            assert_eq!(known_path(made_up), "other", "{made_up}");
        }
    }
}
