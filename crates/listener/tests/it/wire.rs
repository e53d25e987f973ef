//! A listener for tests, and clients that send bytes.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use curtail_listener::{Bounds, Http, Protocols, RequestBody, serve};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// More than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The body of `/large`.
pub const LARGE: usize = 1_500_000;

/// Bounds that tests need not wait for.
pub fn bounds() -> Bounds {
    Bounds {
        header_timeout: Duration::from_millis(300),
        send_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(300),
        ..Bounds::default()
    }
}

/// Serves `/`, `/large` and a POST that returns the length of its body.
pub async fn start(bounds: Bounds) -> SocketAddr {
    start_at("127.0.0.1:0", bounds).await
}

pub async fn start_at(address: &str, bounds: Bounds) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let http = Http {
        protocols: Protocols::All,
        max_header_bytes: 65_536,
        max_streams: 100,
        keep_alive: Duration::from_secs(20),
        keep_alive_timeout: Duration::from_secs(20),
        user_timeout: None,
    };
    tokio::spawn(serve(listener, bounds, http, respond, pending(), pending()));
    address
}

async fn respond(request: Request<RequestBody>) -> Response<Full<Bytes>> {
    let large = request.uri().path() == "/large";
    if large {
        // So that requests sent together are in progress together.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    match request.into_body().collect().await {
        Ok(_) if large => Response::new(Full::new(vec![b'x'; LARGE].into())),
        Ok(body) => Response::new(Full::new(body.to_bytes().len().to_string().into())),
        Err(error) => {
            let mut response = Response::new(Full::new(error.to_string().into()));
            *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
            response
        }
    }
}

/// Sends `request` and returns what comes back until the connection is closed.
pub async fn exchange(to: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request).await.unwrap();
    until_closed(&mut stream).await
}

pub async fn until_closed(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut response)).await.expect("closed in time");
    String::from_utf8_lossy(&response).into_owned()
}

/// An honest request for `/`.
pub async fn is_served(to: SocketAddr) -> bool {
    exchange(to, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.starts_with("HTTP/1.1 200 ")
}
