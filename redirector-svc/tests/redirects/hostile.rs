//! Requests that want something else than a redirect (S3, S9, S10, S27, S28, S36).

use std::net::SocketAddr;

use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Answer, Consumer, PATIENCE, Site, exchange, get, link};

#[tokio::test(flavor = "multi_thread")]
async fn s28_foreign_hosts_and_targets_are_misdirected() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    for (target, host, status) in [
        ("/a", "Host: evil.example\r\n", 421),
        ("/a", "Host: localhost.evil.example\r\n", 421),
        ("/a", "Host: localhost.\r\n", 302),
        ("/a", "Host: user@localhost\r\n", 400),
        ("/a", "Host: localhost/evil\r\n", 400),
        ("/a", "Host: localhost, localhost\r\n", 400),
        ("http://evil.example/a", "Host: localhost\r\n", 421),
        ("http://localhost/a", "Host: evil.example\r\n", 421),
        ("http://localhost/a", "Host: localhost\r\n", 302),
        ("/a", "", 400),
        ("/a", "Host: localhost\r\nHost: localhost\r\n", 400),
        ("/a", "Host: localhost\r\nX-Forwarded-Host: evil.example\r\n", 302),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        let answer = exchange(site.addr, request.as_bytes()).await;
        assert_eq!(answer.status, status, "{request:?}");
        assert!(!answer.body.contains("evil") && !answer.location().contains("evil"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_path_tricks_are_unknown_codes_and_ask_nobody() {
    let site = Site::start().await;
    for path in [
        "//evil.example",
        "//evil.example/..",
        "/a//",
        "/a%2Fb",
        "/%2e%2e",
        "/%2e%2e%2fetc%2fpasswd",
        "/.",
        "/..",
        "/a%00",
        "/%ff",
        "/%zz",
        "/\\evil.example",
        "/%5Cevil.example",
        "/%0d%0aX:y",
    ] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.location()), (404, ""), "{path}");
    }
    assert_eq!(site.owner.resolved(), 0);
    // Aliases may have several segments: these could be codes, and the owner knows none.
    for path in ["/a/b", "/.well-known/x"] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.location()), (404, ""), "{path}");
    }
    assert_eq!(site.owner.resolved(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn s36_a_code_is_a_value_wherever_it_goes() {
    let site = Site::start().await;
    let codes = [
        ("%27%20OR%201=1--", "' OR 1=1--"),
        ("*", "*"),
        ("a%20b", "a b"),
        ("%22;FLUSHALL;", "\";FLUSHALL;"),
        ("{localhost}:x", "{localhost}:x"),
        ("%25_%25", "%_%"),
        ("%E2%80%AEtxt", "\u{202e}txt"),
        ("%F0%9F%98%80", "😀"),
        ("a+b", "a+b"),
        ("__proto__", "__proto__"),
    ];
    for (path, _) in codes {
        assert_eq!(site.get(&format!("/{path}")).await.status, 404, "{path}");
    }
    for (path, code) in codes {
        site.publish(&link(code, "https://dest.example/")).await;
        site.until_status(&format!("/{path}"), 302).await;
    }
    assert_eq!(site.get("/other").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn s03_no_request_adds_a_header_to_an_answer() {
    let site = Site::start().await;
    site.owner.put(curtail_proto::links::v1::Target { forward_query: true, ..link("f", "https://dest.example/?a=1") });
    site.owner.put(link("split", "https://dest.example/\r\nSet-Cookie: pwned=1"));
    let known = [
        "allow",
        "cache-control",
        "connection",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "location",
        "referrer-policy",
        "retry-after",
        "vary",
        "x-content-type-options",
        "x-robots-tag",
    ];
    let pieces =
        ["%0d%0a", "%0D%0ASet-Cookie:pwned=1", "%00", "%E5%98%8A%E5%98%8D", "\u{85}", "%u000a", "&", "=", ";", "é"];
    let mut tried = 0;
    for first in pieces {
        for second in pieces {
            for path in
                [format!("/f?{first}={second}"), format!("/{first}{second}"), format!("/f?utm_source={first}{second}")]
            {
                let headers = [format!("Referer: http://x/{first}"), format!("User-Agent: {second}")];
                let answer = get(site.addr, &path, &[&headers[0], &headers[1]]).await;
                for (name, value) in &answer.headers {
                    assert!(known.contains(&name.as_str()), "{path}: {name}: {value}");
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 300);
    assert_eq!(site.get("/split").await.status, 451, "a URL that cannot be sent is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn s27_forwarded_addresses_are_believed_from_trusted_peers_only() {
    let limit = |config: &mut curtail_config::Config| {
        config.redirector.ip_per_second = 1;
        config.redirector.ip_burst = 2;
    };
    let site = Site::with(limit).await;
    site.owner.put(link("a", "https://dest.example/"));
    let mut statuses = Vec::new();
    for n in 0..3 {
        let forged = [
            format!("X-Forwarded-For: 192.0.2.{n}"),
            format!("X-Real-IP: 192.0.2.{n}"),
            format!("Forwarded: for=192.0.2.{n}"),
        ];
        let forged: Vec<&str> = forged.iter().map(String::as_str).collect();
        statuses.push(get(site.addr, "/a", &forged).await.status);
    }
    assert!(statuses.contains(&429), "a forged address is a fresh one: {statuses:?}");

    let site = Site::with(|config| {
        limit(config);
        config.proxies.trusted = vec!["127.0.0.0/8".parse::<IpNet>().unwrap()];
    })
    .await;
    site.owner.put(link("a", "https://dest.example/"));
    for n in 0..5 {
        assert_eq!(get(site.addr, "/a", &[&format!("X-Forwarded-For: 192.0.2.{n}")]).await.status, 302);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s09_guessing_codes_ends_in_429_even_for_those_that_exist() {
    let site = Site::with(|config| config.redirector.not_found_per_minute = 5).await;
    site.owner.put(link("real", "https://dest.example/"));
    for n in 0..5 {
        assert_eq!(site.get(&format!("/guess{n}")).await.status, 404);
        assert_eq!(site.get("/real").await.status, 302);
    }
    let answer = site.get("/guess5").await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(site.get("/real").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_bounded_in_size_and_time() {
    let site = Site::with(|config| {
        config.redirector.max_header_bytes = 8192;
        config.redirector.header_timeout_ms = 200;
    })
    .await;
    site.owner.put(link("a", "https://dest.example/"));
    let fits = get(site.addr, "/a", &[&format!("X: {}", "x".repeat(7000))]).await;
    assert_eq!(fits.status, 302);
    let too_long = format!("GET /a HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    is_refused(&exchange(site.addr, too_long.as_bytes()).await, 431);
    let slow = until_closed(site.addr, b"GET /a HTTP/1.1\r\nHost: local").await;
    assert!(!slow.starts_with("HTTP/1.1 3"), "{slow}");
}

/// An answer to what is no request has a page and the headers of pages.
fn is_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("default-src 'none'") && !answer.body.is_empty());
    assert!(!answer.header("date").is_empty() && answer.header("connection") == "close");
}

#[tokio::test(flavor = "multi_thread")]
async fn s44_what_is_no_request_is_refused_with_our_headers_and_counts_nothing() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    assert_eq!(site.get("/a").await.status, 302);
    let many: String = (0..120).map(|n| format!("X-{n}: y\r\n")).collect();
    for (request, status) in [
        ("GET  /a HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("GET /a HTTP/1.1\r\nHost: localhost\r\nX: a\u{1}b\r\n\r\n".to_owned(), 400),
        ("GET /a\u{1}b HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("GET /a HTTP/1.1\r\nHost : localhost\r\n\r\n".to_owned(), 400),
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET /a HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"), 431),
    ] {
        is_refused(&exchange(site.addr, request.as_bytes()).await, status);
    }
    let mut consumer = Consumer::new(site.redis.clone());
    consumer.until(1).await;
    assert_eq!(consumer.clicks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s44_what_follows_a_request_does_not_hold_its_answer_back() {
    let site = Site::with(|config| config.redirector.header_timeout_ms = 60_000).await;
    site.owner.put(link("a", "https://dest.example/"));
    let request = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let lead = format!("\r\n{request}");
    let behind =
        ["\r\n", "G", "GET /a HTTP/1.1\r\nHost: loc", "  \r\n\r\n", "\u{0}"].map(|rest| format!("{request}{rest}"));
    for sent in behind.iter().chain([&lead]) {
        let mut stream = TcpStream::connect(site.addr).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut first = [0; 13];
        let read = tokio::time::timeout(PATIENCE / 2, stream.read_exact(&mut first)).await;
        assert!(read.expect("an answer at once").is_ok() && first.starts_with(b"HTTP/1.1 302"), "{sent:?}");
    }
    let mut consumer = Consumer::new(site.redis.clone());
    consumer.until(6).await;
    assert_eq!(consumer.clicks.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn s44_a_length_beside_chunks_is_refused_or_ends_the_connection() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    let request = "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
                   GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = until_closed(site.addr, request.as_bytes()).await;
    assert!(answers.starts_with("HTTP/1.1 4"), "{answers}");
}

/// What comes back until the connection is closed, in order or not.
async fn until_closed(to: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
    String::from_utf8_lossy(&answer).into_owned()
}
