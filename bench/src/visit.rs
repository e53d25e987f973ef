//! Visitors of a redirector over plain sockets, because on the machine that is measured a client library would take more time
//! than the server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Open connections to one address. Clones share them.
#[derive(Clone)]
pub struct Visitors {
    idle: Arc<Mutex<VecDeque<TcpStream>>>,
}

impl Visitors {
    /// As many connections as there will be visits at a time.
    ///
    /// # Errors
    /// When no one listens there.
    pub async fn connect(address: &str, connections: usize) -> anyhow::Result<Self> {
        let mut idle = VecDeque::new();
        for _ in 0..connections {
            let connection = TcpStream::connect(address).await.context("connect")?;
            connection.set_nodelay(true)?;
            idle.push_back(connection);
        }
        Ok(Self { idle: Arc::new(Mutex::new(idle)) })
    }

    /// Follows a short link; where it leads.
    ///
    /// # Errors
    /// When the answer is no 302.
    pub async fn visit(&self, path: &str) -> anyhow::Result<String> {
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = lock().pop_front().context("there are as many connections as visits at a time")?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let location = exchange(&mut connection, &request).await?;
        lock().push_back(connection);
        Ok(location)
    }
}

/// Sends a request, reads the whole answer and gives its `Location`.
async fn exchange(connection: &mut TcpStream, request: &str) -> anyhow::Result<String> {
    connection.write_all(request.as_bytes()).await?;
    let (mut answer, mut length) = ([0; 2048], 0);
    loop {
        let read = connection.read(&mut answer[length..]).await?;
        anyhow::ensure!(read > 0, "closed");
        length += read;
        let text = std::str::from_utf8(&answer[..length])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        anyhow::ensure!(head.starts_with("HTTP/1.1 302 "), "not a redirect: {head}");
        let header = |name: &str| {
            let fields = head.lines().filter_map(|line| line.split_once(':'));
            fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
        };
        let bytes: usize = header("content-length").map_or(Ok(0), str::parse)?;
        if body.len() >= bytes {
            return Ok(header("location").context("no Location")?.to_owned());
        }
    }
}
