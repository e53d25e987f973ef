//! A visitor with a connection that is kept.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A browser's, so that clicks are those of a person.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An HTTP/1.1 connection to the redirector. Written out, because it must be known whether a request may have arrived.
pub struct Visitor {
    connection: BufReader<TcpStream>,
}

/// What the redirector said.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub retry_after: Option<String>,
}

impl Visitor {
    pub async fn connect(redirector: SocketAddr) -> io::Result<Self> {
        let connection = TcpStream::connect(redirector).await?;
        connection.set_nodelay(true)?;
        Ok(Self { connection: BufReader::new(connection) })
    }

    /// An error means that there was no answer; the request may have been served all the same.
    pub async fn get(&mut self, target: &str) -> io::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.exchange(target)).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }

    async fn exchange(&mut self, target: &str) -> io::Result<Answer> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {USER_AGENT}\r\n\r\n");
        self.connection.write_all(request.as_bytes()).await?;
        let status_line = self.line().await?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status: {status_line}")))?;
        let mut answer = Answer { status, location: None, retry_after: None };
        let mut length = 0;
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "location" => answer.location = Some(value.into()),
                "retry-after" => answer.retry_after = Some(value.into()),
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).await?;
        Ok(answer)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.connection.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}
