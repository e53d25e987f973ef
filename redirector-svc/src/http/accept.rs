//! Accepting and serving connections on threads of their own.
//!
//! Each serving thread has a runtime, a listener and a spool of its own: a connection never changes its thread, and on the
//! way of a warm redirect nothing is shared but the cache and counters.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use curtail_lifecycle::Shutdown;
use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rand::rngs::StdRng;
use tokio::net::TcpStream;

use super::answering::Answering;
use super::handle::answer;
use super::{App, Body};
use crate::clicks::Capture;
use crate::spool::{Commit, Spool};

/// The most connections of one thread; further ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 8192;
/// The pause after a failed accept, which mostly means that no descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What one serving thread works with.
pub struct Lane {
    /// Shared by all.
    pub app: Arc<App>,
    /// Makes clicks.
    pub capture: Capture,
    /// Writes clicks.
    pub commit: Arc<Commit>,
    rng: Mutex<StdRng>,
}

impl Lane {
    /// Of one thread.
    pub fn new(app: Arc<App>, capture: Capture, spool: Arc<Spool>, rng: StdRng) -> Self {
        Self { app, capture, commit: Arc::new(Commit::new(spool)), rng: Mutex::new(rng) }
    }

    pub(super) fn lock_rng(&self) -> MutexGuard<'_, StdRng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How connections are served.
#[derive(Clone, Debug)]
pub struct Server {
    /// How long a client may take to send its headers, and to begin with the next request.
    pub header_timeout: Duration,
    /// Longest header block; hyper does not go below 8,192 bytes.
    pub max_header_bytes: usize,
}

/// Serves `listener` on a thread of its own until the drain began and connections are done, or until the process gives up.
/// The returned future ends with the thread.
pub fn serve(
    server: Server,
    listener: TcpListener,
    lane: Lane,
    shutdown: Shutdown,
) -> impl Future<Output = anyhow::Result<()>> {
    let (done, ended) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("redirects".to_owned());
    let spawned = thread.spawn(move || {
        let outcome = run(&server, listener, Arc::new(lane), shutdown);
        let _ = done.send(outcome);
    });
    async move {
        spawned?;
        ended.await?
    }
}

fn run(server: &Server, listener: TcpListener, lane: Arc<Lane>, shutdown: Shutdown) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(server.header_timeout)
        .max_buf_size(server.max_header_bytes.max(8192))
        .pipeline_flush(true);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let graceful = GracefulShutdown::new();
        let writer = lane.clone();
        tokio::spawn(
            async move { writer.commit.run(|clicks, written| writer.app.meters.clicks(clicks, written)).await },
        );
        let serve = |(stream, peer): (TcpStream, SocketAddr)| {
            tokio::spawn(graceful.watch(connection(&http, stream, peer.ip(), lane.clone())));
        };
        tokio::select! {
            () = accept(&listener, &graceful, serve) => {}
            () = shutdown.draining() => {}
        }
        // Whoever is in the queue by now would see a reset.
        while let Some(Ok(accepted)) = listener.accept().now_or_never() {
            serve(accepted);
        }
        drop(listener);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = shutdown.aborted() => {}
        }
        Ok(())
    })
}

async fn accept(
    listener: &tokio::net::TcpListener,
    graceful: &GracefulShutdown,
    serve: impl Fn((TcpStream, SocketAddr)),
) {
    loop {
        if graceful.count() >= MAX_CONNECTIONS {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        }
        match listener.accept().await {
            Ok(accepted) => serve(accepted),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: IpAddr,
    lane: Arc<Lane>,
) -> http1::Connection<TokioIo<TcpStream>, Service> {
    // Without it the second answer of a connection may wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    http.serve_connection(TokioIo::new(stream), Service { lane, peer })
}

/// Answers the requests of one connection.
struct Service {
    lane: Arc<Lane>,
    peer: IpAddr,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        answer(&self.lane, self.peer, request)
    }
}
