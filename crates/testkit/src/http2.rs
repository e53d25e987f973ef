//! A client of HTTP/2 that sends frames as it likes, for tests of what servers bear.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The header block of `GET path` for the host `localhost`.
pub fn get(path: &str) -> Vec<u8> {
    headers(0x82, path)
}

/// The header block of `POST path` for the host `localhost`, of gRPC.
pub fn grpc(path: &str) -> Vec<u8> {
    let mut block = headers(0x83, path);
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")] {
        block.push(0);
        for text in [name, value] {
            block.push(text.len() as u8);
            block.extend(text.as_bytes());
        }
    }
    block
}

fn headers(method: u8, path: &str) -> Vec<u8> {
    let mut block = vec![method, 0x86, 0x04, path.len() as u8];
    block.extend(path.as_bytes());
    block.extend([0x41, 9]);
    block.extend(b"localhost");
    block
}

/// A client of HTTP/2 that sends frames as it likes.
pub struct Http2Client {
    /// The socket.
    pub stream: TcpStream,
}

/// A frame that came back: kind, flags, stream, payload.
pub type Frame = (u8, u8, u32, Vec<u8>);

impl Http2Client {
    /// Connects with an initial window of `window` bytes.
    ///
    /// # Panics
    /// If the server cannot be reached.
    pub async fn connect(to: SocketAddr, window: u32) -> Self {
        let mut stream = TcpStream::connect(to).await.expect("the server accepts");
        let setting = [&4u16.to_be_bytes()[..], &window.to_be_bytes()].concat();
        stream.write_all(&[PREFACE, &frame(4, 0, 0, &setting)].concat()).await.expect("the preface is sent");
        Self { stream }
    }

    /// Sends bytes. Returns `false` if the connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// The next frame. `None`: the connection is closed.
    ///
    /// # Panics
    /// If none comes for 20 seconds.
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
