use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use curtail_lifecycle::Shutdown;
use curtail_streams::{Consumer, Group, Outcome, dead_letter_stream};
use tokio::task::JoinHandle;

use crate::kit::{SOON, Seen, add, add_raw, entries, numbers, settings};

async fn consume(
    config: &curtail_config::Redis,
    name: &str,
    handler: impl FnMut(curtail_streams::Delivery) -> Outcome + Send + 'static,
) -> (Shutdown, JoinHandle<anyhow::Result<()>>) {
    let shutdown = Shutdown::new();
    let consumer = Consumer::new(config, "s", "g", name, &settings()).await.expect("the URL parses");
    let mut handler = handler;
    let running = consumer.run(move |delivery| std::future::ready(handler(delivery)), shutdown.clone());
    (shutdown, tokio::spawn(running))
}

#[tokio::test]
async fn events_are_handled_in_order_and_acknowledged() {
    let config = curtail_testkit::redis().await;
    let (pool, seen) = (curtail_streams::connect(&config).await.unwrap(), Seen::default());
    add(&pool, "s", 1).await;
    let notes = seen.clone();
    let (shutdown, running) = consume(&config, "a", move |delivery| {
        notes.note(&delivery);
        Outcome::Done
    })
    .await;
    for n in 2..200 {
        add(&pool, "s", n).await;
    }
    seen.becomes(&(1..200).collect::<Vec<_>>()).await;
    let acknowledged = async || curtail_streams::lag(&pool, "s").await.unwrap()[0].pending == 0;
    curtail_testkit::until(acknowledged, SOON, "all are acknowledged").await;
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_a_killed_consumer_had_read_is_handled_by_another() {
    let config = curtail_testkit::redis().await;
    let (pool, seen) = (curtail_streams::connect(&config).await.unwrap(), Seen::default());
    for n in 0..3 {
        add(&pool, "s", n).await;
    }
    // Reads and dies before it acknowledges.
    let mut killed = Group::new(&config, pool.clone(), "s", "g", "killed").unwrap();
    assert_eq!(killed.read(2, Duration::from_millis(1)).await.unwrap().len(), 2);
    drop(killed);
    let notes = seen.clone();
    let (shutdown, running) = consume(&config, "other", move |delivery| {
        notes.note(&delivery);
        Outcome::Done
    })
    .await;
    seen.becomes(&[2, 0, 1]).await;
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_and_the_others_go_on() {
    let config = curtail_testkit::redis().await;
    let (pool, seen) = (curtail_streams::connect(&config).await.unwrap(), Seen::default());
    add(&pool, "s", 1).await;
    add_raw(&pool, "s", vec![0xff; 1 << 20]).await;
    curtail_streams::append(&pool, "s", vec![("other", bytes::Bytes::from_static(b"\xff\xfe"))]).await.unwrap();
    add(&pool, "s", 2).await;
    add(&pool, "s", 3).await;
    let notes = seen.clone();
    let (shutdown, running) = consume(&config, "a", move |delivery| {
        notes.note(&delivery);
        if delivery.envelope.workspace_id == 2 { Outcome::Poison("two".into()) } else { Outcome::Done }
    })
    .await;
    seen.becomes(&[1, 2, 3]).await;
    let buried = async || entries(&pool, &dead_letter_stream("s")).await.len() == 3;
    curtail_testkit::until(buried, SOON, "three dead letters").await;
    let done = async || curtail_streams::lag(&pool, "s").await.unwrap()[0].pending == 0;
    curtail_testkit::until(done, SOON, "nothing is left pending").await;
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_fails_again_and_again_becomes_a_dead_letter_after_its_deliveries() {
    let config = curtail_testkit::redis().await;
    let (pool, seen) = (curtail_streams::connect(&config).await.unwrap(), Seen::default());
    add(&pool, "s", 7).await;
    add(&pool, "s", 8).await;
    let notes = seen.clone();
    let (shutdown, running) = consume(&config, "a", move |delivery| {
        notes.note(&delivery);
        if delivery.envelope.workspace_id == 7 { Outcome::Failed("seven".into()) } else { Outcome::Done }
    })
    .await;
    let dead = async || numbers(&pool, &dead_letter_stream("s")).await == [7];
    curtail_testkit::until(dead, SOON, "seven is dead").await;
    assert_eq!(seen.all(), [7, 8, 7, 7]);
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_kills_its_consumers_becomes_a_dead_letter_unseen() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    add(&pool, "s", 9).await;
    for _ in 0..settings().max_deliveries {
        let mut killed = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
        assert_eq!(killed.read(1, Duration::from_millis(1)).await.unwrap().len(), 1);
    }
    let (shutdown, running) = consume(&config, "a", |_| panic!("kills")).await;
    let dead = async || numbers(&pool, &dead_letter_stream("s")).await == [9];
    curtail_testkit::until(dead, SOON, "nine is dead").await;
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_waits_for_something_that_is_away_is_neither_overtaken_nor_counted() {
    let config = curtail_testkit::redis().await;
    let (pool, seen) = (curtail_streams::connect(&config).await.unwrap(), Seen::default());
    add(&pool, "s", 1).await;
    add(&pool, "s", 2).await;
    let (notes, tries) = (seen.clone(), AtomicU32::new(0));
    let (shutdown, running) = consume(&config, "a", move |delivery| {
        if tries.fetch_add(1, Ordering::Relaxed) < settings().max_deliveries as u32 + 2 {
            return Outcome::Retry("the database".into());
        }
        notes.note(&delivery);
        Outcome::Done
    })
    .await;
    // A second member finds nothing to take over meanwhile.
    let others = seen.clone();
    let (shutdown_other, running_other) = consume(&config, "b", move |delivery| {
        others.note(&delivery);
        Outcome::Done
    })
    .await;
    seen.becomes(&[1, 2]).await;
    assert_eq!(numbers(&pool, &dead_letter_stream("s")).await, [0_i64; 0]);
    for (shutdown, running) in [(shutdown, running), (shutdown_other, running_other)] {
        shutdown.begin();
        running.await.unwrap().unwrap();
    }
}
