//! S42: bodies that arrive slowly.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::platform::{Answer, Platform};

/// A POST whose body never comes.
async fn begin(platform: &Platform) -> TcpStream {
    let mut stream = TcpStream::connect(platform.url.trim_start_matches("http://")).await.unwrap();
    let head =
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8192\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The status line, once there is one.
async fn status(stream: &mut TcpStream) -> String {
    let mut response = [0; 64];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut response));
    let count = read.await.expect("a response in time").unwrap_or_default();
    String::from_utf8_lossy(&response[..count]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn s42_a_body_on_its_way_takes_no_place_from_others_and_has_its_time() {
    let platform = Platform::start(|config| {
        (config.gateway.max_in_flight, config.gateway.bodies_per_address) = (2, 6);
        config.gateway.body_timeout_ms = 2000;
    })
    .await;
    let begun = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..5 {
        slow.push(begin(&platform).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for _ in 0..20 {
        assert_eq!(Answer::of(platform.post("{version}", json!({}))).await.status.as_u16(), 200);
    }
    let _sixth = begin(&platform).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(status(&mut begin(&platform).await).await, "HTTP/1.1 429 Too Many Requests", "one body too many");
    let version = platform.http.get(format!("{}/graphql?query=%7Bversion%7D", platform.url));
    assert_eq!(Answer::of(version).await.status.as_u16(), 200, "a request without a body");
    assert_eq!(status(&mut slow[0]).await, "HTTP/1.1 400 Bad Request");
    assert!(begun.elapsed() >= Duration::from_millis(1900));
}
