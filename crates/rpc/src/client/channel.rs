//! The one factory of gRPC channels. Nothing else in the workspace makes one; a test walks the sources to be sure.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Weak, atomic::Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::Semaphore;
use tonic::{Status, body::Body, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tower::ServiceExt as _;

use super::{
    breaker::{Breaker, Limits},
    budget::Budget,
    metrics::Meter,
    outcome::{self, Failures},
};
use crate::{Code, Error, MAX_HEADER_BYTES, ServiceIdentity, context, context::CallOptions, deadline, streaming};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A ping goes out this often, also while idle, and a connection that does not answer is replaced: a partition that drops
/// packets is noticed within a few seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// While the circuit is open the backend's health is asked for this often, and the answer awaited for so long.
const HEALTH_EVERY: Duration = Duration::from_millis(500);
const HEALTH_TIMEOUT: Duration = Duration::from_secs(1);

/// A channel to one backend, to be given to a generated client: `LinkServiceClient::new(channel)`. Clones share
/// connection, breaker, budget and limits.
///
/// Every call gets a deadline (`grpc-timeout`, but never beyond the configured one for reads or writes), the service's own token unless it carries one,
/// the request id and trace of its context, a place in the in-flight limit and the breaker's permission. A call that is
/// marked idempotent is made once more when the backend is not available, as far as the retry budget goes. The whole answer is
/// awaited within the deadline; of a stream its beginning. A stream has a place of its own until it is dropped, and ends with
/// `UNAVAILABLE` when the connection is lost. It is for its reader to open it again.
#[derive(Clone)]
pub struct Channel {
    transport: tonic::transport::Channel,
    shared: Arc<Shared>,
}

struct Shared {
    identity: ServiceIdentity,
    meter: Meter,
    failures: Failures,
    breaker: Breaker,
    budget: Budget,
    in_flight: Semaphore,
    streams: Arc<Semaphore>,
    read_timeout: Duration,
    write_timeout: Duration,
    max_message_bytes: usize,
}

/// Makes a channel to the service `backend` at `url`. Connects on first use and again whenever the connection is lost.
///
/// # Errors
/// When `url` is not one.
pub fn connect(
    backend: &'static str,
    url: &str,
    settings: &curtail_config::Rpc,
    identity: ServiceIdentity,
) -> Result<Channel, tonic::transport::Error> {
    crate::metrics::describe_client();
    let endpoint = Endpoint::from_shared(url.to_owned())?
        .user_agent(concat!("curtail/", env!("CARGO_PKG_VERSION")))?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(MAX_HEADER_BYTES);
    #[expect(clippy::disallowed_methods, reason = "the one place that makes channels")]
    let transport = endpoint.connect_lazy();
    let now = Instant::now();
    let limits = Limits {
        failure_percent: settings.breaker_failure_percent,
        min_calls: settings.breaker_min_calls,
        window: Duration::from_millis(settings.breaker_window_ms),
        open: Duration::from_millis(settings.breaker_open_ms),
        open_max: Duration::from_millis(settings.breaker_open_max_ms),
    };
    let shared = Shared {
        identity,
        meter: Meter::new(backend),
        failures: Failures::new(backend),
        breaker: Breaker::new(limits, now),
        budget: Budget::new(settings.retry_budget_percent, settings.retry_floor_per_second, now),
        in_flight: Semaphore::new(settings.max_in_flight),
        streams: Arc::new(Semaphore::new(settings.max_streams)),
        read_timeout: Duration::from_millis(settings.read_timeout_ms),
        write_timeout: Duration::from_millis(settings.write_timeout_ms),
        max_message_bytes: settings.max_message_bytes,
    };
    Ok(Channel { transport, shared: Arc::new(shared) })
}

impl tower::Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    /// Always ready: what cannot go out at once is refused with an answer, not queued.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let channel = self.clone();
        Box::pin(async move {
            let method = outcome::method(&request);
            let start = Instant::now();
            let result = channel.run(request).await;
            channel.shared.meter.finished(method, outcome::code(&result), start.elapsed());
            result
        })
    }
}

impl Channel {
    /// One call with all that surrounds it.
    async fn run(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let options = request.extensions().get::<CallOptions>().cloned().unwrap_or_default();
        let due = self.prepare(&mut request, options.idempotent)?;
        if streaming::is_stream(request.uri().path()) {
            return self.open(request, &options, due).await;
        }
        let Ok(_place) = self.shared.in_flight.try_acquire() else {
            self.shared.meter.refused("in_flight");
            return Err(self.shared.failures.overloaded().into());
        };
        if options.idempotent {
            self.shared.budget.deposit(Instant::now());
            self.with_retry(request, &options, due).await
        } else {
            self.attempt(request, &options, due).await
        }
    }

    /// Opens a stream. It is not tried twice: its reader knows better when to come back.
    async fn open(
        &self,
        request: Request<Body>,
        options: &CallOptions,
        due: Instant,
    ) -> Result<Response<Body>, Status> {
        let Ok(place) = Arc::clone(&self.shared.streams).try_acquire_owned() else {
            self.shared.meter.refused("streams");
            return Err(self.shared.failures.overloaded().into());
        };
        let response = self.attempt(request, options, due).await?;
        let shared = Arc::clone(&self.shared);
        Ok(response.map(|body| {
            Body::new(body.map_err(move |error| {
                let _held = &place;
                shared.failures.lost(error.into())
            }))
        }))
    }

    /// Fills in what the request does not carry yet and tells when the answer is due.
    fn prepare(&self, request: &mut Request<Body>, idempotent: bool) -> Result<Instant, Status> {
        let headers = request.headers_mut();
        if !headers.contains_key(AUTHORIZATION) {
            let token = self.shared.identity.authorization().map_err(Error::internal)?;
            headers.insert(AUTHORIZATION, token);
        }
        if let Some(parent) = curtail_telemetry::current_traceparent().and_then(|text| HeaderValue::try_from(text).ok())
        {
            headers.insert(context::TRACEPARENT, parent);
        }
        let most = if idempotent { self.shared.read_timeout } else { self.shared.write_timeout };
        let timeout = deadline::parse(headers).map_or(most, |asked| asked.min(most));
        headers.insert(deadline::GRPC_TIMEOUT, deadline::header(timeout));
        Ok(Instant::now() + timeout)
    }

    /// Makes the call, and once more if the backend was not available and did not say when it will be.
    async fn with_retry(
        &self,
        request: Request<Body>,
        options: &CallOptions,
        due: Instant,
    ) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let message = body.collect().await?.to_bytes();
        let again = || Request::from_parts(parts.clone(), Body::new(Full::new(message.clone())));
        let first = self.attempt(again(), options, due).await;
        let now = Instant::now();
        if !outcome::may_retry(&first) || now >= due || !self.shared.budget.withdraw(now) {
            return first;
        }
        self.shared.meter.retried();
        self.attempt(again(), options, due).await
    }

    /// One attempt, if the breaker lets it pass.
    async fn attempt(
        &self,
        request: Request<Body>,
        options: &CallOptions,
        due: Instant,
    ) -> Result<Response<Body>, Status> {
        let permit = self.shared.breaker.admit(Instant::now()).map_err(|wait| {
            self.shared.meter.refused("breaker");
            self.shared.failures.circuit_open(wait)
        })?;
        if let Some(calls) = &options.calls {
            calls.fetch_add(1, Ordering::Relaxed);
        }
        let result = match tokio::time::timeout_at(due.into(), self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(Error::of(Code::DeadlineExceeded).into()),
        };
        if permit.record(!outcome::is_backend_failure(&result), Instant::now()) {
            tokio::spawn(watch(Arc::downgrade(&self.shared), self.transport.clone()));
        }
        self.shared.meter.breaker(self.shared.breaker.is_open());
        result
    }

    /// Sends the request and takes in the whole answer, or the beginning of a stream.
    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let transport = self.transport.clone();
        let is_stream = streaming::is_stream(request.uri().path());
        let response = transport.oneshot(request).await.map_err(|error| self.shared.failures.transport(error))?;
        if is_stream {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // Five bytes of gRPC framing come before the message.
        let bounded = http_body_util::Limited::new(body, self.shared.max_message_bytes + 5);
        let body = bounded.collect().await.map_err(|error| self.shared.failures.body(error))?;
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

/// Watches a backend whose circuit has opened until it is closed again. When its health check fails and later succeeds, the
/// backend is back, and the pause need not be waited for. A backend that is healthy all the time but fails its calls gets no
/// favour.
async fn watch(shared: Weak<Shared>, transport: tonic::transport::Channel) {
    let mut health = HealthClient::new(transport);
    let mut was_away = false;
    while let Some(shared) = shared.upgrade().filter(|shared| shared.breaker.is_open()) {
        let asked = tokio::time::timeout(HEALTH_TIMEOUT, health.check(HealthCheckRequest::default())).await;
        let serving = matches!(asked, Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving);
        if serving && was_away {
            shared.breaker.end_pause(Instant::now());
        }
        was_away = !serving;
        drop(shared);
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("from", &self.shared.identity.name())
            .field("breaker_open", &self.shared.breaker.is_open())
            .finish_non_exhaustive()
    }
}
