//! The loop that serves HTTP/1.1 and HTTP/2.

use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::connection::Connection;
use crate::limiter::{ConnectionLimiter, Permit};
use crate::response::{StreamExecutor, TooMuchWaiting};
use crate::{Acceptor, Bounds, GuardedStream, RequestBody, ResponseBody, metrics};

/// The most headers of one HTTP/1.1 request.
const MAX_HEADERS: usize = 100;
/// Bytes of a response that h2 buffers per stream.
const SEND_BUFFER: usize = 128 * 1024;
/// The smallest buffer for a header block of HTTP/1.1 that is worth configuring.
const MIN_BUFFER: usize = 64 * 1024;

/// Which protocols a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1 and HTTP/2.
    All,
    /// HTTP/2 alone, for gRPC.
    Http2,
}

/// The settings of a server that are no matter of connections.
#[derive(Clone, Debug)]
pub struct Http {
    /// Which protocols it speaks.
    pub protocols: Protocols,
    /// The longest header block that is read.
    pub max_header_bytes: usize,
    /// Requests at once on an HTTP/2 connection.
    pub max_streams: u32,
    /// How often a quiet HTTP/2 connection is pinged.
    pub keep_alive: Duration,
    /// How long the client may take to acknowledge a ping.
    pub keep_alive_timeout: Duration,
    /// How long sent bytes may stay unacknowledged before the system ends the connection (Linux). Nothing else notices that
    /// the client of an event stream is gone.
    pub user_timeout: Option<Duration>,
}

impl Http {
    fn builder(&self, bounds: &Bounds, connection: &Arc<Connection>) -> Builder<StreamExecutor> {
        let mut builder = Builder::new(StreamExecutor {
            connection: Arc::clone(connection),
            timeout: bounds.send_timeout,
            bytes_per_second: bounds.send_bytes_per_second,
        });
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.header_timeout)
            .max_buf_size(self.max_header_bytes.max(MIN_BUFFER))
            .max_headers(MAX_HEADERS);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(self.max_header_bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(self.max_streams)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(self.keep_alive)
            .keep_alive_timeout(self.keep_alive_timeout);
        match self.protocols {
            Protocols::All => builder,
            Protocols::Http2 => builder.http2_only(),
        }
    }
}

/// Serves connections until `draining`, then lets requests in progress finish until `aborted`.
///
/// `service` makes the response to a request. It finds the [`Connection`] in the extensions.
pub async fn serve<S, F, B>(
    listener: TcpListener,
    bounds: Bounds,
    http: Http,
    service: S,
    draining: impl Future<Output = ()>,
    aborted: impl Future<Output = ()>,
) where
    S: Fn(Request<RequestBody>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let bounds = Arc::new(bounds);
    let acceptor = Acceptor::new(listener, ConnectionLimiter::new(Bounds::clone(&bounds)));
    // Each connection holds a receiver for as long as it is open.
    let (drain, _) = watch::channel(false);
    let mut draining = pin!(draining);
    loop {
        let (socket, permit) = tokio::select! {
            accepted = acceptor.accept() => accepted,
            () = &mut draining => break,
        };
        let connection = serve_connection(socket, permit, Arc::clone(&bounds), http.clone(), service.clone());
        tokio::spawn(connection(drain.subscribe()));
    }
    drop(acceptor);
    let _ = drain.send(true);
    tokio::select! {
        () = drain.closed() => {}
        () = aborted => tracing::warn!("open connections were cut off"),
    }
}

fn serve_connection<S, F, B>(
    socket: TcpStream,
    permit: Permit,
    bounds: Arc<Bounds>,
    http: Http,
    service: S,
) -> impl FnOnce(watch::Receiver<bool>) -> Pin<Box<dyn Future<Output = ()> + Send>>
where
    S: Fn(Request<RequestBody>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    move |mut drain| {
        Box::pin(async move {
            // What fails here fails at the first read, too.
            #[cfg(target_os = "linux")]
            let _ = socket2::SockRef::from(&socket).set_tcp_user_timeout(http.user_timeout);
            let stream = GuardedStream::new(socket, permit);
            let connection = Arc::clone(stream.connection());
            let builder = http.builder(&bounds, &connection);
            let idle_timeout = bounds.idle_timeout;
            let service = ConnectionService { service, connection: Arc::clone(&connection), bounds };
            let mut serving = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
            let mut stopping = false;
            loop {
                tokio::select! {
                    outcome = serving.as_mut() => {
                        if let Err(error) = outcome {
                            tracing::debug!(error, "a connection ended early");
                        }
                        return;
                    }
                    _ = drain.wait_for(|draining| *draining), if !stopping => stopping = true,
                    () = tokio::time::sleep(idle_timeout.saturating_sub(connection.idle_for())), if !stopping => {
                        if connection.idle_for() < idle_timeout {
                            continue;
                        }
                        stopping = true;
                    }
                }
                serving.as_mut().graceful_shutdown();
            }
        })
    }
}

/// The service of one connection.
struct ConnectionService<S> {
    service: S,
    connection: Arc<Connection>,
    bounds: Arc<Bounds>,
}

impl<S, F, B> hyper::service::Service<Request<Incoming>> for ConnectionService<S>
where
    S: Fn(Request<RequestBody>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<ResponseBody<B>>;
    type Error = TooMuchWaiting;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TooMuchWaiting>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (service, bounds, connection) =
            (self.service.clone(), Arc::clone(&self.bounds), Arc::clone(&self.connection));
        let guard = connection.begin_request();
        Box::pin(async move {
            let mut request = request.map(|body| RequestBody::new(body, &bounds));
            request.extensions_mut().insert(Arc::clone(&connection));
            let response = {
                let _call = connection.calls.acquire().await.ok();
                until_taken(&connection, &bounds).await?;
                service(request).await
            };
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                connection.begin_request().leak();
            }
            let (parts, body) = response.into_parts();
            match ResponseBody::new(body, Arc::clone(&connection), guard, &bounds) {
                Ok(body) => Ok(Response::from_parts(parts, body)),
                Err(error) => Err(reset(&connection, error)),
            }
        })
    }
}

/// Waits while the client has much to take.
async fn until_taken(connection: &Connection, bounds: &Bounds) -> Result<(), TooMuchWaiting> {
    let taken = async {
        while connection.is_behind(bounds) {
            connection.taken.notified().await;
        }
        connection.taken.notify_one();
    };
    let waited = tokio::time::timeout(bounds.send_timeout, taken).await;
    waited.map_err(|_| reset(connection, TooMuchWaiting::new()))
}

fn reset(connection: &Connection, error: TooMuchWaiting) -> TooMuchWaiting {
    metrics::response_reset("too many bytes");
    connection.refused();
    error
}
