//! The end of a link's time, and what an operator sees of it (E1, E3).

use std::time::{Duration, Instant};

use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_testkit::until;
use fred::clients::Pool;
use fred::interfaces::StreamsInterface as _;
use fred::types::Value;
use prost::Message as _;

use crate::account::Account;
use crate::platform::Platform;
use crate::visitor::Visitor;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(30);

/// How long the link lives.
const LIFE: Duration = Duration::from_secs(3);

/// How far the clock of the answer may be from that of the test, and how long an answer may take on a busy machine.
const SLACK: Duration = Duration::from_millis(500);

/// The payloads on the stream `links`.
async fn events(pool: &Pool) -> Vec<Payload> {
    let entries: Vec<(String, std::collections::HashMap<String, Value>)> =
        pool.xrange_values("links", "-", "+", None).await.expect("Redis answers");
    let payload = |fields: &std::collections::HashMap<String, Value>| {
        let bytes = fields.get("e").and_then(|value| value.clone().into_bytes())?;
        Envelope::decode(bytes).ok()?.payload
    };
    entries.iter().filter_map(|(_, fields)| payload(fields)).collect()
}

/// How often `links` says that the link expired.
async fn expired(pool: &Pool, link: i64) -> usize {
    let is_it = |payload: &Payload| match payload {
        Payload::LinkExpired(fact) => {
            fact.snapshot.as_ref().and_then(|of| of.target.as_ref()).is_some_and(|target| target.link_id == link)
        }
        _ => false,
    };
    events(pool).await.iter().filter(|payload| is_it(payload)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_ends_to_the_moment_and_is_told_of_once() {
    let database = curtail_testkit::database().await;
    // No one hurries to tell of it: the redirects must not wait.
    let slow = [("CURTAIL_EXPIRY__EXPIRE_INTERVAL_MS", "4000".to_owned())];
    let platform = Platform::start_with(database.url.expose(), &slow).await;
    let account = Account::register(&platform.gateway).await;
    let mut visitor = Visitor::connect(platform.redirector).await.unwrap();
    let pool = curtail_streams::connect(&platform.redis.config(0)).await.unwrap();

    let made = Instant::now();
    let link = account.create_expiring(LIFE).await;
    let path = format!("/{}", link.code);
    assert_eq!(visitor.get(&path).await.unwrap().status, 302);
    let over = async || {
        let asked = made.elapsed();
        let answer = visitor.get(&path).await.unwrap();
        assert!(answer.status == 410 || asked < LIFE + SLACK, "{} after {asked:?}", answer.status);
        assert!(answer.status == 302 || made.elapsed() + SLACK > LIFE, "{} too early", answer.status);
        answer.status == 410
    };
    until(over, SOON, "the link is over").await;
    assert_eq!(account.state(&link).await.as_deref(), Some("EXPIRED"));
    until(async || expired(&pool, link.id).await == 1, SOON, "it is told of").await;

    // By hand, and by the timer again: nothing more to tell.
    assert_eq!(platform.command(&["job", "run", "expire-links"]).await.trim_end(), "expire-links: nothing to do.");
    let listed = async || {
        let list = platform.command(&["job", "list"]).await;
        list.lines().any(|line| line.starts_with("expire-links") && line.contains(" done "))
    };
    until(listed, SOON, "the job is listed as done").await;
    assert_eq!(expired(&pool, link.id).await, 1);

    // One that ends within the day: by hand, unless the timer was faster.
    account.create_expiring(Duration::from_secs(3600)).await;
    platform.command(&["job", "run", "warn-expiring"]).await;
    let warned = async || events(&pool).await.iter().any(|payload| matches!(payload, Payload::LinkExpiring(_)));
    until(warned, SOON, "its owner is warned").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_poison_in_the_stream_of_links_is_set_aside_shown_and_thrown_away() {
    let database = curtail_testkit::database().await;
    let platform = Platform::start(database.url.expose()).await;
    let account = Account::register(&platform.gateway).await;
    let pool = curtail_streams::connect(&platform.redis.config(0)).await.unwrap();
    let bad = bytes::Bytes::from_static(b"\xff\xfenonsense");
    curtail_streams::append(&pool, "links", vec![(curtail_streams::ENVELOPE_FIELD, bad)]).await.unwrap();
    let buried = async || platform.command(&["dlq", "list"]).await.contains("undecodable");
    until(buried, SOON, "the dead letter is listed").await;
    let mut visitor = Visitor::connect(platform.redirector).await.unwrap();
    let link = account.create_links(1).await.remove(0);
    assert_eq!(visitor.get(&format!("/{}", link.code)).await.unwrap().status, 302, "nothing else stops");

    let listed = platform.command(&["dlq", "list", "links"]).await;
    let id = listed.lines().nth(1).and_then(|line| line.split(' ').next()).unwrap().to_owned();
    let shown = platform.command(&["dlq", "show", "links", &id]).await;
    assert!(shown.contains("reason   undecodable") && shown.contains("\\xff\\xfenonsense"), "{shown}");
    platform.command(&["dlq", "redrive", "links", &id]).await;
    let again = async || {
        let listed = platform.command(&["dlq", "list", "links"]).await;
        listed.contains("undecodable") && !listed.contains(&id)
    };
    until(again, SOON, "it fails once more").await;
    platform.command(&["dlq", "drop", "links", "--all"]).await;
    assert!(platform.command(&["dlq", "list"]).await.contains("There are no dead letters."));
}
