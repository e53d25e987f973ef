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
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

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

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The header block of `GET path`.
pub fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, path.len() as u8];
    block.extend(path.as_bytes());
    block.extend([0x41, 9]);
    block.extend(b"localhost");
    block
}

/// A client of HTTP/2 that sends frames as it likes.
pub struct Http2Client {
    pub stream: TcpStream,
}

/// A frame that came back: kind, flags, stream, payload.
pub type Frame = (u8, u8, u32, Vec<u8>);

impl Http2Client {
    /// Connects with an initial window of `window` bytes.
    pub async fn connect(to: SocketAddr, window: u32) -> Self {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let setting = [&4u16.to_be_bytes()[..], &window.to_be_bytes()].concat();
        stream.write_all(&[PREFACE, &frame(4, 0, 0, &setting)].concat()).await.unwrap();
        Self { stream }
    }

    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// The next frame. `None`: the connection is closed.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut header = [0; 9];
        tokio::time::timeout(PATIENCE, self.stream.read_exact(&mut header)).await.expect("a frame in time").ok()?;
        let [a, b, c, kind, flags, s, t, u, v] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some((kind, flags, u32::from_be_bytes([s & 0x7f, t, u, v]), payload))
    }

    /// Reads until a frame of `kind`.
    pub async fn until(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.0 == kind {
                return Some(frame);
            }
            // What keeps the connection alive is acknowledged.
            if frame.0 == 6 && frame.1 == 0 {
                self.send(&self::frame(6, 1, 0, &frame.3)).await;
            }
        }
    }
}
