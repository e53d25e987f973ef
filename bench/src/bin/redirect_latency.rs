//! Latency of an HTTP server at a constant rate: `redirect_latency ADDRESS PATH RATE SECONDS`. Prints p50, p99 and p99.9 in
//! microseconds, and how many requests failed. Plain sockets, because on the machine that is measured a client library
//! would take more time than the server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bench::load::open_loop;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connections, and so the most requests at a time.
const CONNECTIONS: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, rate, seconds] = &arguments[..] else {
        anyhow::bail!("redirect_latency ADDRESS PATH RATE SECONDS")
    };
    let request: Arc<str> = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into();
    let mut idle = VecDeque::new();
    for _ in 0..CONNECTIONS {
        let connection = TcpStream::connect(address).await.context("connect")?;
        connection.set_nodelay(true)?;
        idle.push_back(connection);
    }
    let idle = Arc::new(Mutex::new(idle));
    let visit = move || {
        let (idle, request) = (idle.clone(), request.clone());
        async move {
            let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let mut connection = lock().pop_front().context("there are as many connections as workers")?;
            exchange(&mut connection, &request).await?;
            lock().push_back(connection);
            Ok(())
        }
    };
    let outcome = open_loop(rate.parse()?, Duration::from_secs(seconds.parse()?), CONNECTIONS, visit).await;
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| outcome.percentile(share).as_micros());
    #[expect(clippy::print_stdout, reason = "the result of the program")]
    {
        println!("{p50} {p99} {p999} {}", outcome.errors);
    }
    Ok(())
}

/// Sends a request and reads the whole answer.
async fn exchange(connection: &mut TcpStream, request: &str) -> anyhow::Result<()> {
    connection.write_all(request.as_bytes()).await?;
    let (mut answer, mut length) = ([0; 2048], 0);
    loop {
        let read = connection.read(&mut answer[length..]).await?;
        anyhow::ensure!(read > 0, "closed");
        length += read;
        let text = std::str::from_utf8(&answer[..length])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        anyhow::ensure!(head.starts_with("HTTP/1.1 302 "), "not a redirect: {head}");
        let bytes = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())?.ok()
        });
        if body.len() >= bytes.unwrap_or(0) {
            return Ok(());
        }
    }
}
