//! The one factory of gRPC servers. Nothing else in the workspace makes one; a test walks the sources to be sure.

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::middleware::from_fn_with_state;
use curtail_clock::Clock;
use curtail_lifecycle::{Readiness, Shutdown};
use curtail_listener::{Bounds, Http, Protocols, RequestBody};
use http::Request;
use tokio::net::TcpListener;
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::{Service, ServiceBuilder, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    admit::{self, Gate},
    health, message, observe,
    stream::{self, Streams},
};
use crate::{MAX_HEADER_BYTES, Verifier};

/// A ping goes out on quiet connections this often; one that does not answer is closed.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Once nothing is in flight, connections that stay open while the process drains (a health watcher) get this long.
const DRAIN_IDLE: Duration = Duration::from_millis(500);

/// A gRPC server under construction.
pub struct Server {
    name: &'static str,
    settings: curtail_config::Rpc,
    gate: Arc<Gate>,
    clock: Clock,
    routes: Routes,
    services: Vec<&'static str>,
}

impl Server {
    /// The server of the service `name`. Calls without a token that `verifier` accepts never reach a handler.
    pub fn new(name: &'static str, settings: &curtail_config::Rpc, verifier: Verifier, clock: Clock) -> Self {
        crate::metrics::describe_server();
        let gate = Arc::new(Gate::new(name, settings, verifier, clock.clone()));
        Self { name, settings: settings.clone(), gate, clock, routes: Routes::default(), services: Vec::new() }
    }

    /// Adds a generated service: `.add_service(LinkServiceServer::new(handlers))`.
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.services.push(S::NAME);
        self
    }

    /// Serves until the process drains and what is in flight has ended, or until it is aborted. `grpc.health.v1` follows
    /// `readiness` and turns to NOT_SERVING as soon as the process is about to stop.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener, readiness: Readiness, shutdown: Shutdown) -> anyhow::Result<()> {
        let Self { name, settings, gate, clock, routes, services } = self;
        let streams = Arc::new(Streams::new(name, &settings, clock, shutdown.clone()));
        let health = health::service(services.clone(), readiness, shutdown.clone()).await;
        // Top to bottom is outside to inside.
        let layers = ServiceBuilder::new()
            // Sees every call with its outcome, also the refused ones.
            .layer(from_fn_with_state(name, observe::observe))
            .layer(CatchPanicLayer::custom(admit::panicked))
            // Sheds before anything costs time.
            .layer(from_fn_with_state(Arc::clone(&gate), admit::shed))
            // The deadline includes the verification, which may have to fetch a key.
            .layer(from_fn_with_state(Arc::clone(&gate), admit::within_deadline))
            .layer(from_fn_with_state(Arc::clone(&gate), admit::authenticate))
            // A stream lives no longer than the token that opened it.
            .layer(from_fn_with_state(streams, stream::bound))
            .layer(from_fn_with_state(Arc::clone(&gate), message::bound));
        let guarded = routes.add_service(reflection(services)?).into_axum_router().layer(layers);
        // Health is outside: probes have no token and must be answered under overload.
        let routes = Routes::from(guarded).add_service(health);
        let strangers = from_fn_with_state(settings.unverified_streams, admit::bound_strangers);
        let router = routes.into_axum_router().layer(strangers);
        let respond = move |request: Request<RequestBody>| {
            let response = router.clone().oneshot(request.map(axum::body::Body::new));
            async move { response.await.unwrap_or_else(|never| match never {}) }
        };
        let http = http(&settings);
        let serving = curtail_listener::serve(
            listener,
            bounds(&settings),
            http,
            respond,
            shutdown.draining(),
            shutdown.aborted(),
        );
        tokio::select! {
            () = serving => {}
            () = drained(&gate, &shutdown) => {}
        }
        Ok(())
    }
}

fn bounds(settings: &curtail_config::Rpc) -> Bounds {
    Bounds {
        max_connections: settings.max_connections,
        max_connections_per_address: settings.max_connections_per_address,
        header_timeout: Duration::from_millis(settings.header_timeout_ms),
        ..Bounds::default()
    }
}

fn http(settings: &curtail_config::Rpc) -> Http {
    Http {
        protocols: Protocols::Http2,
        max_header_bytes: MAX_HEADER_BYTES as usize,
        max_streams: u32::try_from(settings.max_in_flight + settings.max_streams).unwrap_or(u32::MAX),
        keep_alive: KEEP_ALIVE,
        keep_alive_timeout: KEEP_ALIVE_TIMEOUT,
        user_timeout: None,
    }
}

/// Resolves when the process drains and no call has been in flight for a while. Asks from time to time instead of taking
/// all places: calls that still arrive on open connections are to be answered, not shed.
async fn drained(gate: &Gate, shutdown: &Shutdown) {
    shutdown.draining().await;
    let mut idle_since = Instant::now();
    while idle_since.elapsed() < DRAIN_IDLE {
        tokio::time::sleep(DRAIN_IDLE / 10).await;
        if !gate.is_idle() {
            idle_since = Instant::now();
        }
    }
}

/// `grpc.reflection.v1` over the services of this server; like any call it needs a token.
fn reflection(
    services: Vec<&'static str>,
) -> anyhow::Result<
    tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection>,
> {
    let mut builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(curtail_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    for service in services {
        builder = builder.with_service_name(service);
    }
    Ok(builder.build_v1()?)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.name).field("services", &self.services).finish_non_exhaustive()
    }
}
