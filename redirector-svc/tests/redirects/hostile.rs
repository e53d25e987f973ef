//! Requests that want something else than a redirect (S3, S9, S10, S27, S28, S36).

use std::net::SocketAddr;

use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Site, exchange, get, link};

#[tokio::test(flavor = "multi_thread")]
async fn s28_foreign_hosts_and_targets_are_misdirected() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    for (target, host, status) in [
        ("/a", "Host: evil.example\r\n", 421),
        ("/a", "Host: localhost.evil.example\r\n", 421),
        ("/a", "Host: user@localhost\r\n", 421),
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
        "/a/",
        "/a/b",
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
        "/.well-known/x",
    ] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.location()), (404, ""), "{path}");
    }
    assert_eq!(site.owner.resolved(), 0);
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
    assert_eq!(site.get("/split").await.status, 451, "a URL that can not be sent is not sent");
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
    // The answer, 431, may be overtaken by the reset of a connection on which more was sent than was read.
    let too_long = format!("GET /a HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(9000));
    let refused = until_closed(site.addr, too_long.as_bytes()).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431 "), "{refused}");
    let slow = until_closed(site.addr, b"GET /a HTTP/1.1\r\nHost: local").await;
    assert!(!slow.starts_with("HTTP/1.1 3"), "{slow}");
}

/// What comes back until the connection is closed, in order or not.
async fn until_closed(to: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
    String::from_utf8_lossy(&answer).into_owned()
}
