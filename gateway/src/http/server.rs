//! The listener: connections with bounds, and a drain that finishes what is in flight.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use curtail_config::{Gateway, Proxies};
use curtail_lifecycle::Shutdown;
use curtail_listener::{Bounds, Connection, Http, Protocols, RequestBody};
use http::Request;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::app::ActiveConfig;

/// The address at the other end of the connection; travels in the extensions of requests.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// What hyper reads of a header block at the most. Between the configured bound and this one a request is answered 431 like
/// any other refusal; past this one hyper answers 431 by itself and hangs up.
const HEADER_CEILING_FACTOR: usize = 4;
/// Requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A client that acknowledges nothing of what it was sent for so many keep-alive periods is given up.
const PERIODS: u64 = 2;

/// Serves what is in force until the drain begins, then lets requests in flight finish until the shutdown gives up.
///
/// # Errors
/// None; the type is what tasks return.
pub(crate) async fn serve(
    listener: TcpListener,
    in_force: watch::Receiver<ActiveConfig>,
    settings: Gateway,
    proxies: Proxies,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let http = Http {
        protocols: Protocols::All,
        max_header_bytes: settings.max_header_bytes * HEADER_CEILING_FACTOR,
        max_streams: MAX_STREAMS,
        keep_alive: KEEP_ALIVE,
        keep_alive_timeout: KEEP_ALIVE,
        user_timeout: Some(Duration::from_millis(settings.live_keep_alive_ms * PERIODS)),
    };
    let respond = move |request: Request<RequestBody>| {
        let router = in_force.borrow().router.clone();
        let mut request = request.map(Body::new);
        if let Some(peer) = request.extensions().get::<Arc<Connection>>().map(|connection| connection.peer()) {
            request.extensions_mut().insert(Peer(peer));
        }
        async move { router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {}) }
    };
    let bounds = bounds(&settings, proxies);
    curtail_listener::serve(listener, bounds, http, respond, shutdown.draining(), shutdown.aborted()).await;
    Ok(())
}

fn bounds(settings: &Gateway, proxies: Proxies) -> Bounds {
    Bounds {
        max_connections: settings.max_connections,
        max_connections_per_address: settings.max_connections_per_address,
        trusted: proxies.trusted,
        header_timeout: Duration::from_millis(settings.header_timeout_ms),
        send_timeout: Duration::from_millis(settings.send_timeout_ms),
        send_bytes_per_second: settings.send_bytes_per_second,
        body_timeout: Duration::from_millis(settings.body_timeout_ms),
        body_bytes_per_second: settings.body_bytes_per_second,
        waiting_bytes_per_connection: settings.waiting_bytes_per_connection,
        waiting_bytes_per_address: settings.waiting_bytes_per_address,
        calls_per_connection: settings.calls_per_connection,
        ..Bounds::default()
    }
}
