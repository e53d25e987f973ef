//! What each link answers, in which words (R1, L4, L5, S29).

use curtail_clock::Clock;
use curtail_proto::links::v1::{LinkState, Target};
use time::macros::datetime;

use crate::support::{Consumer, Site, exchange, get, link};

#[tokio::test(flavor = "multi_thread")]
async fn each_redirect_has_its_status_the_stored_url_and_its_lifetime() {
    let site = Site::start().await;
    let url = "https://dest.example/a%20b?q=%C3%BC&x=1#frag";
    for (status, cache) in [
        (301, "private, max-age=90"),
        (302, "private, no-store"),
        (307, "private, no-store"),
        (308, "private, max-age=90"),
    ] {
        let code = format!("r{status}");
        site.owner.put(Target { redirect_status: status, ..link(&code, url) });
        // Cold, then warm.
        for _ in 0..2 {
            let answer = site.get(&format!("/{code}?a=b")).await;
            assert_eq!((u32::from(answer.status), answer.location()), (status, url));
            assert_eq!(answer.header("cache-control"), cache);
            assert_eq!(answer.header("x-robots-tag"), "noindex");
            assert_eq!(answer.header("content-length"), "0");
            assert!(!answer.header("date").is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_only_the_visitor_may_keep_an_answer_and_negotiated_ones_vary() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    assert!(site.get("/a").await.header("cache-control").starts_with("private"));
    let answer = site.get("/unknown").await;
    assert_eq!((answer.status, answer.header("vary")), (404, "accept"));
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_answer_with_their_page() {
    let site = Site::start().await;
    let state = |code: &str, state: LinkState| Target { state: state.into(), ..link(code, "https://dest.example/") };
    for (target, status, reason) in [
        (state("gone", LinkState::Deleted), 410, "LINK_DELETED"),
        (state("off", LinkState::Disabled), 410, "LINK_DISABLED"),
        (state("used", LinkState::Exhausted), 410, "LINK_EXPIRED"),
        (Target { block_reason: "<malware>".to_owned(), ..state("bad", LinkState::Blocked) }, 451, "LINK_BLOCKED"),
        (Target { expires_at_ms: 1, ..state("old", LinkState::Active) }, 410, "LINK_EXPIRED"),
        (Target { starts_at_ms: i64::MAX, ..state("new", LinkState::Active) }, 404, "LINK_SCHEDULED"),
    ] {
        let path = format!("/{}", target.code);
        site.owner.put(target);
        let answer = get(site.addr, &path, &["Accept: application/json"]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&reason.into(), &status.into()), "{path}");
        assert!(!answer.body.contains("dest.example"));
    }
    let answer = site.get("/bad").await;
    assert!(answer.body.contains("Reason: &lt;malware&gt;"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_in_three_forms_with_security_headers() {
    let site = Site::start().await;
    for (accept, kind) in [
        ("Accept: text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("Accept: application/json", "application/problem+json"),
        ("Accept: text/plain", "text/plain; charset=utf-8"),
    ] {
        let answer = get(site.addr, "/nothing-here", &[accept]).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, kind));
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    }
    let style = site.get("/page.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    let robots = site.get("/robots.txt").await.body;
    let (previews, others) = robots.split_once("User-agent: *\n").unwrap();
    assert!(previews.contains("User-agent: WhatsApp\n") && previews.ends_with("Allow: /\n\n"), "{robots}");
    assert_eq!(others, "Disallow: /\n");
    assert_eq!(site.get("/favicon.ico").await.header("content-type"), "image/svg+xml");
    assert_eq!(site.get("/.well-known/security.txt").await.status, 404);
    assert_eq!(site.get("/").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_starts_and_stops_by_the_clock_and_falls_back() {
    let clock = Clock::manual(datetime!(2026-01-01 00:00 UTC));
    let site = Site::at(clock.clone()).await;
    let now = clock.unix_ms();
    let times = Target { starts_at_ms: now + 1000, expires_at_ms: now + 2000, ..link("soon", "https://dest.example/") };
    site.owner.put(Target {
        code: "fall".to_owned(),
        fallback_url: "https://over.example/".to_owned(),
        ..times.clone()
    });
    site.owner.put(times);
    assert_eq!(site.get("/soon").await.status, 404);
    clock.advance(time::Duration::SECOND);
    assert_eq!(site.get("/soon").await.location(), "https://dest.example/");
    clock.advance(time::Duration::milliseconds(999));
    assert_eq!(site.get("/soon").await.status, 302);
    clock.advance(time::Duration::MILLISECOND);
    assert_eq!(site.get("/soon").await.status, 410, "nobody told the redirector");
    let fallen = site.get("/fall").await;
    assert_eq!((fallen.status, fallen.location()), (302, "https://over.example/"));
    assert_eq!(site.owner.resolved(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visitors_query_is_passed_on_only_where_the_link_says_so() {
    let site = Site::start().await;
    site.owner.put(Target { forward_query: true, ..link("on", "https://dest.example/p?a=1&b=2#f") });
    site.owner.put(link("off", "https://dest.example/p?a=1"));
    assert_eq!(site.get("/on?b=3&c=4").await.location(), "https://dest.example/p?a=1&b=3&c=4#f");
    assert_eq!(site.get("/on").await.location(), "https://dest.example/p?a=1&b=2#f");
    assert_eq!(site.get("/off?b=3").await.location(), "https://dest.example/p?a=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn get_and_head_are_all_there_is() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    let request = |method: &str| format!("{method} /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let head = exchange(site.addr, request("HEAD").as_bytes()).await;
    assert_eq!((head.status, head.location(), head.body.as_str()), (302, "https://dest.example/", ""));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        let answer = exchange(site.addr, request(method).as_bytes()).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_keep_the_method_take_post_and_count_it() {
    let site = Site::start().await;
    for status in [302, 307, 308] {
        site.owner.put(Target { redirect_status: status, ..link(&format!("p{status}"), "https://dest.example/form") });
    }
    let post = |code: &str| {
        format!("POST /{code} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b")
    };
    for status in [307, 308] {
        let answer = exchange(site.addr, post(&format!("p{status}")).as_bytes()).await;
        assert_eq!((answer.status, answer.location()), (status, "https://dest.example/form"));
    }
    let answer = exchange(site.addr, post("p302").as_bytes()).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(exchange(site.addr, post("nothing").as_bytes()).await.status, 404);
    let mut consumer = Consumer::new(site.redis.clone());
    consumer.until(2).await;
    assert_eq!(consumer.clicks.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_or_punctuation_behind_a_link_leads_to_it_unless_a_link_has_it() {
    let site = Site::start().await;
    site.owner.put(link("abc", "https://dest.example/"));
    site.owner.put(link("what.", "https://dot.example/"));
    site.owner.put(link("what", "https://plain.example/"));
    site.owner.put(Target { state: LinkState::Deleted.into(), ..link("gone.", "https://dest.example/") });
    site.owner.put(link("gone", "https://dest.example/"));
    // Cold, then warm.
    for _ in 0..2 {
        for end in ["/", ".", ",", ")", ";", "!", "%E2%80%A6", "%20", ").", "./"] {
            let answer = site.get(&format!("/abc{end}?x=1")).await;
            assert_eq!((answer.status, answer.location()), (302, "https://dest.example/"), "{end}");
        }
        assert_eq!(site.get("/what.").await.location(), "https://dot.example/");
        assert_eq!(site.get("/what,").await.location(), "https://plain.example/");
        assert_eq!(site.get("/gone.").await.status, 410);
        assert_eq!(site.get("/nothing.").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_have_codes_of_their_own_and_aliases_share_them() {
    let site = Site::with(|config| config.domains.additional = vec!["other.example".to_owned()]).await;
    site.owner.put(link("a", "https://one.example/"));
    site.owner.put(Target { domain: "other.example".to_owned(), ..link("a", "https://two.example/") });
    for (host, location) in [
        ("localhost", "https://one.example/"),
        ("LOCALHOST:1234", "https://one.example/"),
        ("127.0.0.1:8081", "https://one.example/"),
        ("[::1]", "https://one.example/"),
        ("Other.Example:80", "https://two.example/"),
    ] {
        let request = format!("GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(exchange(site.addr, request.as_bytes()).await.location(), location, "{host}");
    }
}
