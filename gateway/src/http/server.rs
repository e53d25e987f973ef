//! The accept loop: connections with bounds, and a drain that finishes what is in flight.

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use curtail_lifecycle::Shutdown;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::app::ActiveConfig;

/// The address at the other end of the connection; travels in the extensions of requests.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// What hyper reads of a header block at the most. Between the configured bound and this one a request is answered 431 like
/// any other refusal; past this one hyper answers 431 by itself and hangs up.
const HEADER_CEILING_FACTOR: usize = 4;
/// The most headers of one request.
const MAX_HEADERS: usize = 100;
/// Requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A client that acknowledges nothing of what it was sent for so many keep-alive periods is given up.
const PERIODS: u64 = 2;
/// The pause after a failed accept, which mostly means that there is no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves what is in force until the drain begins, then lets requests in flight finish until the shutdown gives up.
///
/// # Errors
/// None; the type is what tasks return.
pub(crate) async fn serve(
    listener: TcpListener,
    in_force: watch::Receiver<ActiveConfig>,
    settings: curtail_config::Gateway,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let builder = builder(&settings);
    let give_up = Duration::from_millis(settings.live_keep_alive_ms * PERIODS);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.draining() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                prepare(&stream, give_up);
                serve_connection(stream, peer.ip(), &builder, &in_force, &graceful);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection can not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = shutdown.aborted() => tracing::warn!("connections were cut off"),
    }
    Ok(())
}

fn builder(settings: &curtail_config::Gateway) -> Builder<TokioExecutor> {
    let ceiling = settings.max_header_bytes * HEADER_CEILING_FACTOR;
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(settings.header_timeout_ms))
        .max_buf_size(ceiling.max(64 * 1024))
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(ceiling).unwrap_or(u32::MAX))
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    builder
}

/// What fails here fails at the first read, too.
fn prepare(stream: &TcpStream, give_up: Duration) {
    // An answer is one write; waiting for company only delays it.
    let _ = stream.set_nodelay(true);
    // Nothing else notices that the client of an event stream is gone without a word, or reads no more.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(give_up));
    #[cfg(not(target_os = "linux"))]
    let _ = give_up;
}

fn serve_connection(
    stream: TcpStream,
    peer: IpAddr,
    builder: &Builder<TokioExecutor>,
    in_force: &watch::Receiver<ActiveConfig>,
    graceful: &GracefulShutdown,
) {
    let in_force = in_force.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = in_force.borrow().router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = graceful.watch(builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned());
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
