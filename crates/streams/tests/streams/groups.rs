use std::time::{Duration, Instant};

use curtail_streams::{EntryId, Group, is_unavailable};
use curtail_testkit::PrivateRedis;
use fred::interfaces::{KeysInterface as _, StreamsInterface as _};

use crate::kit::{SOON, add, numbers};

const NO_WAIT: Duration = Duration::from_millis(1);

fn ids(entries: &[curtail_streams::Entry]) -> Vec<EntryId> {
    entries.iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn a_group_gets_what_was_there_before_it() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let first = add(&pool, "s", 1).await;
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let read = group.read(10, NO_WAIT).await.unwrap();
    assert_eq!(ids(&read), [first]);
    assert_eq!(group.recreated(), 1);
    group.ack(&ids(&read)).await.unwrap();
    assert_eq!(group.read(10, NO_WAIT).await.unwrap(), []);
    assert_eq!(curtail_streams::lag(&pool, "s").await.unwrap()[0].pending, 0);
    assert_eq!(curtail_streams::lag(&pool, "nothing").await.unwrap(), []);
}

#[tokio::test]
async fn a_read_may_block_longer_than_a_command_may_take() {
    let mut config = curtail_testkit::redis().await;
    config.command_timeout_ms = 200;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let start = Instant::now();
    assert_eq!(group.read(1, Duration::from_millis(600)).await.unwrap(), []);
    assert!(start.elapsed() >= Duration::from_millis(600));
    // While it blocks, the pool is free.
    let waiting = tokio::spawn(async move { group.read(1, SOON).await });
    let added = add(&pool, "s", 1).await;
    assert_eq!(ids(&waiting.await.unwrap().unwrap()), [added]);
}

#[tokio::test]
async fn a_consumer_that_comes_back_begins_with_what_it_did_not_acknowledge() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(add(&pool, "s", n).await);
    }
    let mut before = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    assert_eq!(before.read(3, NO_WAIT).await.unwrap().len(), 3);
    before.ack(&expected[..1]).await.unwrap();
    drop(before);
    let mut after = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    assert_eq!(ids(&after.read(1, NO_WAIT).await.unwrap()), expected[1..2]);
    assert_eq!(ids(&after.read(9, NO_WAIT).await.unwrap()), expected[2..3]);
    assert_eq!(ids(&after.read(9, NO_WAIT).await.unwrap()), expected[3..]);
    assert_eq!(after.deliveries(expected[1]).await.unwrap(), 2);
}

#[tokio::test]
async fn stale_entries_of_another_are_taken_over_unless_it_keeps_them() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let (kept, left) = (add(&pool, "s", 1).await, add(&pool, "s", 2).await);
    let mut dead = Group::new(&config, pool.clone(), "s", "g", "dead").unwrap();
    assert_eq!(dead.read(9, NO_WAIT).await.unwrap().len(), 2);
    let heir = Group::new(&config, pool.clone(), "s", "g", "heir").unwrap();
    let idle = Duration::from_millis(500);
    assert_eq!(heir.claim_stale(idle, EntryId::ZERO).await.unwrap(), (vec![], EntryId::ZERO));
    let mut taken = Vec::new();
    let claimed = async || {
        dead.keep(&[kept]).await.unwrap();
        taken = heir.claim_stale(idle, EntryId::ZERO).await.unwrap().0;
        !taken.is_empty()
    };
    curtail_testkit::until(claimed, SOON, "the stale entry is taken over").await;
    assert_eq!(ids(&taken), [left]);
    assert_eq!((heir.deliveries(kept).await.unwrap(), heir.deliveries(left).await.unwrap()), (1, 2));
}

#[tokio::test]
async fn a_dead_letter_tells_where_it_came_from() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    add(&pool, "s", 1).await;
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let entry = group.read(1, NO_WAIT).await.unwrap().remove(0);
    group.dead_letter(&entry, "poison", "cannot be").await.unwrap();
    let mut dead = Group::new(&config, pool.clone(), &curtail_streams::dead_letter_stream("s"), "g", "a").unwrap();
    let letter = dead.read(1, NO_WAIT).await.unwrap().remove(0);
    let field = |name: &str| letter.field(name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap();
    assert_eq!((field("reason"), field("error"), field("attempts")), ("poison".into(), "cannot be".into(), "1".into()));
    assert_eq!((field("stream"), field("group"), field("entry")), ("s".into(), "g".into(), entry.id.to_string()));
    assert_eq!(letter.field("e"), entry.field("e"));
    assert_eq!(curtail_streams::lag(&pool, "s").await.unwrap()[0].pending, 0);
}

#[tokio::test]
async fn an_entry_deleted_while_it_was_pending_is_empty() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let id = add(&pool, "s", 1).await;
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    group.read(1, NO_WAIT).await.unwrap();
    let _: u64 = pool.xdel("s", id.to_string()).await.unwrap();
    let mut again = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let entry = again.read(1, NO_WAIT).await.unwrap().remove(0);
    assert_eq!((entry.id, entry.fields.len()), (id, 0));
}

#[tokio::test]
async fn redis_may_be_away_at_the_start_and_restart_later() {
    let (dir, port) = (tempfile::tempdir().unwrap(), curtail_testkit::free_port());
    let mut config = curtail_testkit::redis().await;
    config.url = curtail_config::Secret::new(format!("redis://127.0.0.1:{port}"));
    config.command_timeout_ms = 200;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let error = group.read(1, NO_WAIT).await.unwrap_err();
    assert!(is_unavailable(&error), "{error:?}");

    let mut server = PrivateRedis::start(dir.path(), port).await.unwrap();
    curtail_testkit::until(async || pool.exists::<u64, _>("s").await.is_ok(), SOON, "connected").await;
    let first = curtail_streams::server_run_id(&pool).await.unwrap();
    add(&pool, "s", 1).await;
    let mut read = Vec::new();
    let arrived = async || {
        read = group.read(1, NO_WAIT).await.unwrap_or_default();
        !read.is_empty()
    };
    curtail_testkit::until(arrived, SOON, "the entry arrives").await;

    server.restart_empty().await.unwrap();
    curtail_testkit::until(async || pool.exists::<u64, _>("s").await.is_ok(), SOON, "connected again").await;
    assert_ne!(curtail_streams::server_run_id(&pool).await.unwrap(), first);
    let before = group.recreated();
    add(&pool, "s", 2).await;
    let arrived = async || !group.read(1, NO_WAIT).await.unwrap_or_default().is_empty();
    curtail_testkit::until(arrived, SOON, "the group is made again and gets the entry").await;
    assert_eq!(group.recreated(), before + 1);
    assert_eq!(numbers(&pool, "s").await, [2]);
}
