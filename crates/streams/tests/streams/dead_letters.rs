//! Poison (F9): it lands in the dead letters, nothing else stops, and it can be handed out once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use curtail_lifecycle::Shutdown;
use curtail_streams::{Consumer, DeadLetters, Delivery, Group, Outcome, Redriven, Tail, TailEvent, dead_letter_stream};
use fred::clients::Pool;
use fred::interfaces::KeysInterface as _;
use prost::Message as _;
use tokio::task::{JoinHandle, JoinSet};

use crate::kit::{SOON, Seen, add, add_raw, event, settings};

/// A member of a group that takes every event, unless its number is that of the poison and the antidote is missing.
async fn consume(config: &curtail_config::Redis, group: &str, poison: i64, antidote: &Arc<AtomicBool>) -> Member {
    let (shutdown, seen) = (Shutdown::new(), Seen::default());
    let consumer = Consumer::new(config, "s", group, "a", &settings()).await.expect("the URL parses");
    let (notes, antidote) = (seen.clone(), antidote.clone());
    let handle = move |delivery: Delivery| {
        let dies = delivery.envelope.workspace_id == poison && !antidote.load(Ordering::SeqCst);
        if !dies {
            notes.note(&delivery);
        }
        std::future::ready(if dies { Outcome::Poison("no antidote".into()) } else { Outcome::Done })
    };
    Member { seen, running: tokio::spawn(consumer.run(handle, shutdown.clone())), shutdown }
}

struct Member {
    seen: Seen,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Member {
    async fn stop(self) {
        self.shutdown.begin();
        self.running.await.expect("no panic").expect("no failure");
    }
}

async fn have_died(letters: &DeadLetters, count: usize) {
    let died = async || letters.heads().await.expect("heads").len() == count;
    curtail_testkit::until(died, SOON, &format!("{count} dead letters")).await;
}

/// Payloads that are no event, each in its own way.
fn bad(kind: usize) -> Vec<u8> {
    let whole = event(1).encode_to_vec();
    match kind {
        // Ends within the event id.
        0 => whole[..whole.len() / 2].to_vec(),
        // As if the event id had become a number.
        1 => vec![1 << 3, 42],
        2 => vec![0xff; 1 << 20],
        // A traceparent that is no text.
        _ => vec![4 << 3 | 2, 2, 0xff, 0xfe],
    }
}

#[tokio::test]
async fn f9_of_two_thousand_events_the_one_per_cent_of_poison_dies_and_nothing_else_stops() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let member = consume(&config, "g", -1, &Arc::default()).await;
    let mut good = Vec::new();
    for n in 0..2_000 {
        if n % 100 == 50 {
            add_raw(&pool, "s", bad(n / 100 % 4)).await;
        } else {
            add(&pool, "s", n as i64).await;
            good.push(n as i64);
        }
    }
    member.seen.becomes(&good).await;
    let letters = DeadLetters::of(pool.clone(), "s");
    have_died(&letters, 20).await;
    let heads = letters.heads().await.unwrap();
    assert!(heads.iter().all(|head| (head.reason.as_str(), head.group.as_str()) == ("undecodable", "g")), "{heads:?}");
    assert_eq!(heads.iter().filter(|head| head.bytes == 1 << 20).count(), 5);
    assert_eq!(curtail_streams::lag(&pool, "s").await.unwrap()[0].pending, 0);
    assert_eq!(DeadLetters::streams(&pool).await.unwrap(), ["s"]);

    // What still cannot be read dies again, each once, and as it was.
    let before = letters.get(heads[2].id).await.unwrap().unwrap();
    for head in &heads {
        assert_eq!(letters.redrive(head.id).await.unwrap(), Redriven::Yes);
    }
    have_died(&letters, 20).await;
    let again = letters.heads().await.unwrap();
    assert!(again[0].id > heads[19].id);
    assert_eq!(letters.get(again[2].id).await.unwrap().unwrap().original, before.original);
    for head in again {
        assert!(letters.discard(head.id).await.unwrap());
        assert!(!letters.discard(head.id).await.unwrap());
    }
    assert_eq!(pool.exists::<u64, _>(dead_letter_stream("s")).await.unwrap(), 0);
    member.stop().await;
}

#[tokio::test]
async fn f9_a_letter_handed_out_once_more_reaches_its_group_only_and_once() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let (antidote, others) = (Arc::default(), Arc::new(AtomicBool::new(true)));
    let (sick, healthy) = (consume(&config, "sick", 2, &antidote).await, consume(&config, "healthy", 2, &others).await);
    let (follower, followed) = follow(&config).await;
    for n in [1, 2, 3] {
        add(&pool, "s", n).await;
    }
    sick.seen.becomes(&[1, 3]).await;
    healthy.seen.becomes(&[1, 2, 3]).await;
    let letters = DeadLetters::of(pool.clone(), "s");
    have_died(&letters, 1).await;
    let id = letters.heads().await.unwrap()[0].id;

    antidote.store(true, Ordering::SeqCst);
    let letters = Arc::new(letters);
    let mut asked = JoinSet::new();
    for _ in 0..10 {
        let letters = letters.clone();
        asked.spawn(async move { letters.redrive(id).await.unwrap() });
    }
    let answers = asked.join_all().await;
    assert_eq!(answers.iter().filter(|answer| **answer == Redriven::Yes).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Redriven::Gone).count(), 9);
    add(&pool, "s", 4).await;
    sick.seen.becomes(&[1, 3, 2, 4]).await;
    healthy.seen.becomes(&[1, 2, 3, 4]).await;
    followed.becomes(&[1, 2, 3, 4]).await;
    none_pending(&pool).await;
    for member in [sick, healthy, follower] {
        member.stop().await;
    }
}

async fn follow(config: &curtail_config::Redis) -> (Member, Seen) {
    let (shutdown, seen, ready) = (Shutdown::new(), Seen::default(), Arc::new(AtomicBool::new(false)));
    let (notes, resumed) = (seen.clone(), ready.clone());
    let tell = move |event| match event {
        TailEvent::Entry(envelope) => notes.note(&Delivery { id: curtail_streams::EntryId::ZERO, envelope: *envelope }),
        TailEvent::Resumed => resumed.store(true, Ordering::SeqCst),
        TailEvent::Interrupted => {}
    };
    let running = tokio::spawn(Tail::new(config, "s").expect("the URL parses").run(tell, shutdown.clone()));
    curtail_testkit::until(async || ready.load(Ordering::SeqCst), SOON, "the tail follows").await;
    (Member { seen: seen.clone(), shutdown, running }, seen)
}

async fn none_pending(pool: &Pool) {
    let done = async || curtail_streams::lag(pool, "s").await.expect("the lag").iter().all(|lag| lag.pending == 0);
    curtail_testkit::until(done, SOON, "nothing is left pending").await;
}

#[tokio::test]
async fn a_letter_for_a_group_that_is_no_more_stays() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    add(&pool, "s", 1).await;
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    let entry = group.read(1, Duration::from_millis(1)).await.unwrap().remove(0);
    group.dead_letter(&entry, "poison", "cannot be").await.unwrap();
    let letters = DeadLetters::of(pool.clone(), "s");
    let id = letters.heads().await.unwrap()[0].id;
    let _: u64 = pool.del("s").await.unwrap();
    assert_eq!(letters.redrive(id).await.unwrap(), Redriven::NoGroup);
    assert_eq!(letters.get(id).await.unwrap().unwrap().head.error, "cannot be");
    assert_eq!(letters.get(curtail_streams::EntryId::ZERO).await.unwrap(), None);
}

#[tokio::test]
async fn an_entry_with_too_many_fields_for_a_script_dies_all_the_same() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let names: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let fields = names.iter().map(|name| (name.as_str(), bytes::Bytes::new())).collect();
    curtail_streams::append(&pool, "s", fields).await.unwrap();
    let member = consume(&config, "g", -1, &Arc::default()).await;
    have_died(&DeadLetters::of(pool.clone(), "s"), 1).await;
    none_pending(&pool).await;
    member.stop().await;
}
