//! Accepting and serving connections on threads of their own.
//!
//! Each serving thread has a runtime, a listener and a spool of its own: a connection never changes its thread, and on the
//! way of a warm redirect nothing is shared but the cache and counters.

use std::convert::Infallible;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use curtail_lifecycle::Shutdown;
use curtail_listener::{Acceptor, Connection, ConnectionLimiter, GuardedStream, Permit, RequestGuard};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rand::rngs::StdRng;
use tokio::net::TcpStream;

use super::handle::answer;
use super::response_future::ResponseFuture;
use super::{App, Body, refusal};
use crate::clicks::Capture;
use crate::spool::{Commit, Spool};

/// What one serving thread works with.
pub struct Worker {
    /// Shared by all.
    pub app: Arc<App>,
    /// Makes clicks.
    pub capture: Capture,
    /// Writes clicks.
    pub commit: Arc<Commit>,
    rng: Mutex<StdRng>,
}

impl Worker {
    /// Of one thread.
    pub fn new(app: Arc<App>, capture: Capture, spool: Arc<Spool>, rng: StdRng) -> Self {
        Self { app, capture, commit: Arc::new(Commit::new(spool)), rng: Mutex::new(rng) }
    }

    pub(super) fn lock_rng(&self) -> MutexGuard<'_, StdRng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How connections are served.
#[derive(Clone)]
pub struct Server {
    /// The open connections of all threads.
    pub limiter: Arc<ConnectionLimiter>,
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
    worker: Worker,
    shutdown: Shutdown,
) -> impl Future<Output = anyhow::Result<()>> {
    let (done, ended) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("redirects".to_owned());
    let spawned = thread.spawn(move || {
        let outcome = run(&server, listener, Arc::new(worker), shutdown);
        let _ = done.send(outcome);
    });
    async move {
        spawned?;
        ended.await?
    }
}

fn run(server: &Server, listener: TcpListener, worker: Arc<Worker>, shutdown: Shutdown) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(server.header_timeout)
        .max_buf_size(server.max_header_bytes.max(8192));
    runtime.block_on(async {
        let acceptor = Acceptor::new(tokio::net::TcpListener::from_std(listener)?, Arc::clone(&server.limiter));
        let graceful = GracefulShutdown::new();
        let writer = worker.clone();
        tokio::spawn(
            async move { writer.commit.run(|clicks, written| writer.app.metrics.clicks(clicks, written)).await },
        );
        let serve = |(socket, permit): (TcpStream, Permit)| {
            let stream = GuardedStream::http1(socket, permit, refusal);
            let service = Service { worker: worker.clone(), connection: Arc::clone(stream.connection()) };
            tokio::spawn(graceful.watch(http.serve_connection(TokioIo::new(stream), service)));
        };
        loop {
            tokio::select! {
                accepted = acceptor.accept() => serve(accepted),
                () = shutdown.draining() => break,
            }
        }
        // What is in the queue by now would see a reset.
        while let Some(accepted) = acceptor.accept_queued() {
            serve(accepted);
        }
        drop(acceptor);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = shutdown.aborted() => {}
        }
        Ok(())
    })
}

/// Answers the requests of one connection.
struct Service {
    worker: Arc<Worker>,
    connection: Arc<Connection>,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = InProgress;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let guard = self.connection.begin_request();
        self.connection.note_response();
        InProgress { response: answer(&self.worker, self.connection.peer(), request), _guard: guard }
    }
}

/// A request that keeps its connection busy.
struct InProgress {
    response: ResponseFuture,
    _guard: RequestGuard,
}

impl Future for InProgress {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.response).poll(context)
    }
}
