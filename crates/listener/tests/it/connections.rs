//! Connections that send nothing, too little or too slowly.

use std::time::{Duration, Instant};

use curtail_listener::Bounds;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::wire::{PATIENCE, bounds, exchange, is_served, start, start_at, until_closed};

#[tokio::test]
async fn s41_the_first_byte_and_the_end_of_the_headers_have_their_time() {
    let to = start(bounds()).await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat();
    // A frame of headers that announces 100 bytes and has 3.
    let half_headers = [&preface[..], &[0, 0, 100, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84]].concat();
    // A header block whose last frame is missing.
    let no_end = [&preface[..], &[0, 0, 3, 1, 1, 0, 0, 0, 1, 0x82, 0x86, 0x84]].concat();
    for sent in [
        &b""[..],
        b"P",
        b"PRI * HTTP/2.0",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        &preface,
        &half_headers,
        &no_end,
        b"G",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    ] {
        let begun = Instant::now();
        exchange(to, sent).await;
        assert!(begun.elapsed() < PATIENCE / 2, "{:?}", String::from_utf8_lossy(sent));
    }
    assert!(is_served(to).await);
}

#[tokio::test]
async fn s41_bytes_one_by_one_do_not_extend_the_time_for_headers() {
    let to = start(bounds()).await;
    for text in [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"GET / HTTP/1.1\r\nHost: localhost\r\nX: yyyyyyyyyyyyyyy"] {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let mut sent = 0;
        for byte in text {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            sent += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(sent < text.len(), "{sent} bytes were taken");
    }
}

/// Connects from `from`.
async fn connect(from: &str, to: std::net::SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(format!("{from}:0").parse().unwrap())?;
    socket.connect(to).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s41_an_honest_client_is_served_among_silent_connections() {
    let per_address = 200;
    let to = start_at(
        "0.0.0.0:0",
        Bounds {
            header_timeout: Duration::from_secs(60),
            max_connections: 300,
            max_connections_per_address: per_address,
            ..Bounds::default()
        },
    )
    .await;
    let to = format!("127.0.0.1:{}", to.port()).parse().unwrap();
    let mut silent = Vec::new();
    for n in 0..5000 {
        // Half of them from an address of their own, half from that of the honest client.
        silent.push(connect(["127.0.0.2", "127.0.0.1"][n % 2], to).await.unwrap());
        if silent.len() > 1000 {
            silent.drain(..500);
        }
        if n % 500 == 0 {
            assert!(is_served(to).await, "after {n} silent connections");
        }
    }
    assert!(is_served(to).await);
}

#[tokio::test]
async fn s41_requests_in_progress_are_not_cut_off_for_new_connections() {
    let to = start(Bounds {
        max_connections: 2,
        body_timeout: Duration::from_secs(60),
        header_timeout: Duration::from_secs(60),
        ..Bounds::default()
    })
    .await;
    let begin = async || {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
            .await
            .unwrap();
        stream
    };
    let mut busy = [begin().await, begin().await];
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(exchange(to, b"").await, "", "there is no place");
    for stream in &mut busy {
        stream.write_all(b"abc").await.unwrap();
        let response = until_closed(stream).await;
        assert!(response.ends_with("\r\n\r\n3"), "{response}");
    }
    assert!(is_served(to).await);
}

#[tokio::test]
async fn s42_a_body_has_a_least_rate() {
    let to = start(Bounds { body_bytes_per_second: 100, ..bounds() }).await;
    let mut stream = TcpStream::connect(to).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 300\r\n\r\n";
    stream.write_all(head).await.unwrap();
    // Twice the least rate.
    for _ in 0..15 {
        stream.write_all(&[b'x'; 20]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(until_closed(&mut stream).await.starts_with("HTTP/1.1 200 "));

    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(head).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    let begun = Instant::now();
    let response = until_closed(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(begun.elapsed() >= Duration::from_millis(250));
}
