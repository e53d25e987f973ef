//! Links with a number of clicks (L4, S31).

use curtail_proto::links::v1::Target;
use curtail_testkit::until;

use crate::support::{Consumer, PATIENCE, Site, exchange, get, link};

fn limited(code: &str, clicks: u32) -> Target {
    Target { max_clicks: clicks, ..link(code, "https://once.example/") }
}

#[tokio::test(flavor = "multi_thread")]
async fn s31_exactly_n_of_a_hundred_visitors_at_once_are_redirected() {
    let site = Site::start().await;
    for clicks in [1, 7] {
        let target = limited(&format!("n{clicks}"), clicks);
        site.owner.put(target.clone());
        let path = format!("/{}", target.code);
        let visits = (0..100).map(|_| get(site.addr, &path, &[]));
        let answers = futures_util::future::join_all(visits).await;
        let redirected = answers.iter().filter(|answer| answer.status == 302).count();
        assert_eq!(redirected, clicks as usize);
        assert_eq!(answers.iter().filter(|answer| answer.status == 410).count(), 100 - redirected);
        assert_eq!(site.owner.used(target.link_id), clicks as usize);
    }
    Consumer::new(site.redis.clone()).until(8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_previews_and_heads_use_up_nothing_and_see_the_end() {
    let site = Site::start().await;
    let target = limited("once", 1);
    site.owner.put(target.clone());
    let head = "HEAD /once HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let bot = "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)";
    let fetchers = ["User-Agent: WhatsApp/2.23", "Sec-Purpose: prefetch", bot];
    for fetcher in fetchers {
        assert_eq!(get(site.addr, "/once", &[fetcher]).await.status, 302, "{fetcher}");
    }
    assert_eq!(exchange(site.addr, head.as_bytes()).await.status, 302);
    assert_eq!(site.owner.used(target.link_id), 0);
    assert_eq!(site.get("/once").await.status, 302);
    for fetcher in fetchers {
        assert_eq!(get(site.addr, "/once", &[fetcher]).await.status, 410, "{fetcher}");
    }
    assert_eq!(exchange(site.addr, head.as_bytes()).await.status, 410);
    // The bot's click, which is flagged later, and the visitor's.
    Consumer::new(site.redis.clone()).until(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_redirected_unless_the_owner_grants_it() {
    let site = Site::start().await;
    site.publish(&limited("n", 2)).await;
    site.until_status("/n", 302).await;
    site.owner.set_broken(true);
    let answer = site.get("/n").await;
    assert_eq!((answer.status, answer.header("retry-after"), answer.location()), (503, "1", ""));
    site.owner.set_broken(false);
    until(async || site.get("/n").await.status == 302, PATIENCE, "the circuit closes").await;
    assert_eq!(site.get("/n").await.status, 410);
    // More clicks make a new version.
    site.publish(&Target { version: 2, max_clicks: 3, ..limited("n", 3) }).await;
    site.until_status("/n", 302).await;
    assert_eq!(site.get("/n").await.status, 410);
}
