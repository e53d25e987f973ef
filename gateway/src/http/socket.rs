//! WebSockets: who they belong to, and which operations they may start.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use axum::extract::Request;
use axum::response::Response;
use curtail_edge::RequestOrigin;
use curtail_graphql_http::ws::{Close, Reply, SocketHandler, SocketSettings, Upgrade};
use curtail_graphql_http::{Params, RequestError};
use curtail_proto::auth::v1::Client;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

use super::operation::{self, detail};
use super::pipeline::{ClientMetadata, charge};
use super::request_log::RequestRecord;
use super::{operation_log, response};
use crate::app::App;
use crate::auth::{Authenticated, Credential, CredentialMonitor, CredentialStatus, find};
use crate::error::{Code, Refusal};
use crate::live::{ConnectionPermit, Owner};
use crate::rate::shared::Outcome;
use crate::request::RequestContext;

/// One socket.
struct Socket {
    app: App,
    record: Arc<RequestRecord>,
    client: Client,
    /// The credential of the handshake: in a header or, from our pages, in a cookie.
    credential: Option<Credential>,
    /// Held as long as the socket is open.
    permit: ConnectionPermit,
    /// Known since `connection_init`.
    caller: Option<Caller>,
}

/// Who a socket belongs to. An anonymous caller has neither.
struct Caller {
    authenticated: Option<Authenticated>,
    monitor: Option<CredentialMonitor>,
}

/// Answers the handshake and serves the socket.
///
/// - `gateway_sockets_total`: sockets that were opened
/// - `gateway_sockets_closed_total{code}`: sockets that were closed; `0` when the client left first
///
/// # Errors
/// When the handshake is incomplete, a page of another origin asks, or too many sockets are open.
pub fn accept(app: &App, record: &Arc<RequestRecord>, mut request: Request) -> Result<Response, Refusal> {
    let upgrade = Upgrade::new(&mut request)?;
    let ClientMetadata { credential, origin, client, .. } = ClientMetadata::read(app, record, request.headers())?;
    // Browsers send cookies along with whatever page opens a socket, and always say where it came from.
    if origin == RequestOrigin::Foreign {
        return Err(Refusal::new(Code::CrossSite, "this origin may not open a socket"));
    }
    let permit = app.shared.connections.acquire()?;
    let settings = SocketSettings {
        init_timeout: Duration::from_millis(app.settings.live_init_timeout_ms),
        keep_alive: Duration::from_millis(app.settings.live_keep_alive_ms),
        max_message_bytes: app.settings.max_body_bytes,
        max_operations: app.settings.live_operations_per_socket,
    };
    let socket = Socket { app: app.clone(), record: record.clone(), client, credential, permit, caller: None };
    metrics::counter!("gateway_sockets_total").increment(1);
    Ok(upgrade.serve(settings, socket))
}

impl SocketHandler for Socket {
    async fn init(&mut self, params: Map<String, Value>) -> Result<(), Close> {
        let given = credential(&params).map_err(|()| Close::Forbidden("Forbidden"))?;
        let credential = given.or_else(|| self.credential.take());
        let authenticated = match &credential {
            Some(credential) => {
                let call = curtail_rpc::CallContext::new(Instant::now() + self.app.request_timeout())
                    .for_request(self.record.id.clone());
                let caller = self.app.shared.authenticator.authenticate(credential, &self.client, &call).await;
                Some(caller.map_err(|refusal| close(&refusal))?)
            }
            None => None,
        };
        let owner = Owner::new(authenticated.as_ref().map(|caller| &caller.principal), self.record.client);
        self.permit.assign_owner(owner).map_err(|refusal| close(&refusal))?;
        let monitor = credential.zip(authenticated.clone()).map(|(credential, caller)| {
            CredentialMonitor::start(&self.app.shared.authenticator, credential, self.client.clone(), caller)
        });
        self.caller = Some(Caller { authenticated, monitor });
        Ok(())
    }

    async fn start(&mut self, params: Params) -> Result<BoxStream<'static, Reply>, Value> {
        self.begin(params).await.map_err(|refusal| self.errors(&refusal))
    }

    fn refuse(&mut self, error: RequestError) -> Value {
        self.errors(&error.into())
    }

    async fn ended(&mut self) -> Close {
        let shutdown = self.app.shared.shutdown.clone();
        let monitor = self.caller.as_mut().and_then(|caller| caller.monitor.as_mut());
        tokio::select! {
            () = shutdown.draining() => Close::GoingAway,
            () = credential_ended(monitor) => Close::Forbidden("The credential has ended"),
        }
    }

    fn closing(&mut self, code: Option<u16>) {
        let code = code.unwrap_or(0);
        metrics::counter!("gateway_sockets_closed_total", "code" => code.to_string()).increment(1);
        tracing::debug!(request_id = %self.record.id, code, "a socket is closed");
    }
}

impl Socket {
    /// Checks an operation like one that came by HTTP, and starts it.
    async fn begin(&self, params: Params) -> Result<BoxStream<'static, Reply>, Refusal> {
        let Some(Caller { authenticated, monitor }) = &self.caller else {
            return Err(Refusal::new(Code::Unauthenticated, "connection_init comes first"));
        };
        let operation = operation::check(&self.app, params, authenticated.is_none())?;
        if operation.plan.kind == OperationType::Mutation {
            return Err(Refusal::new(Code::ValidationFailed, "send mutations by POST"));
        }
        let detail = detail(&self.app, authenticated.is_some());
        operation::check_caller(&operation, detail)?;
        let tokens = operation::tokens(&operation);
        if let Outcome::Refuse(refusal, _) = charge(&self.app, authenticated.as_ref(), self.record.client, tokens).await
        {
            return Err(refusal);
        }
        let principal = authenticated.as_ref().map(|caller| caller.principal.clone());
        let latest = monitor.as_ref().map(CredentialMonitor::status).and_then(CredentialStatus::principal);
        let principal = latest.or(principal);
        let mut call = curtail_rpc::CallContext::new(Instant::now() + self.app.request_timeout())
            .for_request(self.record.id.clone());
        if let Some(principal) = &principal {
            call = call.on_behalf_of(principal.internal_token.clone());
        }
        let context = RequestContext::new(principal, self.client.clone(), call, None);
        let responses = operation::into_responses(operation, &self.app, &context, "websocket", monitor.clone(), detail);
        let reply = |(response, summary): (async_graphql::Response, super::errors::ErrorSummary)| {
            if summary.not_executed {
                Reply::Errors(serde_json::to_value(&response.errors).unwrap_or_default())
            } else {
                Reply::Next(Box::new(response))
            }
        };
        Ok(responses.map(reply).boxed())
    }

    /// The errors of an operation that was refused, which is logged here.
    fn errors(&self, refusal: &Refusal) -> Value {
        operation_log::refused(self.record.id.as_str(), "websocket", refusal.code);
        response::errors(refusal, self.record.id.as_str())
    }
}

/// How a socket is closed whose `connection_init` is refused.
fn close(refusal: &Refusal) -> Close {
    match refusal.code {
        Code::Unauthenticated => Close::Forbidden("Forbidden"),
        Code::Connections => Close::TooMany("Too many sockets"),
        _ => Close::TryAgain,
    }
}

async fn credential_ended(monitor: Option<&mut CredentialMonitor>) {
    match monitor {
        Some(monitor) => drop(monitor.ended().await),
        None => pending().await,
    }
}

/// The credential in the parameters of the connection: `authorization` or `x-api-key`, as the headers of the same names.
fn credential(params: &Map<String, Value>) -> Result<Option<Credential>, ()> {
    let mut headers = HeaderMap::new();
    for (name, value) in params {
        let name = match name.to_ascii_lowercase().as_str() {
            "authorization" => header::AUTHORIZATION,
            "x-api-key" => header::HeaderName::from_static("x-api-key"),
            _ => continue,
        };
        let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok()).ok_or(())?;
        headers.append(name, value);
    }
    find(&headers, None, RequestOrigin::Unknown).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(params: Value) -> Result<Option<Credential>, ()> {
        credential(params.as_object().unwrap())
    }

    #[test]
    fn a_credential_is_found_by_the_names_of_the_headers() {
        let key = Ok(Some(Credential::ApiKey("ck_live_x".into())));
        assert_eq!(found(json!({"Authorization": "Bearer ck_live_x", "other": 1})), key);
        assert_eq!(found(json!({"X-Api-Key": "ck_live_x"})), key);
        assert_eq!(found(json!({})), Ok(None));
        for bad in [
            json!({"authorization": 1}),
            json!({"authorization": "Basic x"}),
            json!({"authorization": "Bearer a\nb"}),
            json!({"authorization": "Bearer a", "Authorization": "Bearer b"}),
        ] {
            assert_eq!(found(bad), Err(()));
        }
    }
}
