//! Generators that share a real PostgreSQL.

use std::collections::HashSet;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_ids::{Generator, Unavailable};
use curtail_lifecycle::{Readiness, Shutdown};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

static MIGRATOR: Migrator = sqlx::migrate!("tests/migrations");
const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

async fn pool() -> PgPool {
    let config = curtail_testkit::database().await;
    curtail_db::migrate(&config, "links", &MIGRATOR).await.expect("the test migrations apply");
    curtail_db::connect(&config, "links").await.expect("the URL parses")
}

async fn generator(pool: &PgPool, clock: &Clock) -> Generator {
    Generator::lease(pool.clone(), "test", clock.clone(), None).await.expect("a free number")
}

fn worker(id: i64) -> i64 {
    (id >> 12) & 1023
}

#[tokio::test]
async fn generators_never_collide() {
    let (pool, clock) = (pool().await, Clock::manual(NOW));
    let mut generators = Vec::new();
    for _ in 0..8 {
        generators.push(generator(&pool, &clock).await);
    }
    let mut seen = HashSet::new();
    for round in 0..20_000 {
        if round % 1_000 == 0 {
            clock.advance(Span::milliseconds(1));
        }
        for generator in &generators {
            assert!(seen.insert(generator.next().unwrap()));
        }
    }
}

#[tokio::test]
async fn numbers_leased_at_the_same_time_differ() {
    let (pool, clock) = (pool().await, Clock::manual(NOW));
    let leases = (0..8).map(|_| {
        let (pool, clock) = (pool.clone(), clock.clone());
        tokio::spawn(async move { generator(&pool, &clock).await.next().map(worker) })
    });
    let mut workers = HashSet::new();
    for lease in leases.collect::<Vec<_>>() {
        assert!(workers.insert(lease.await.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn the_clock_may_jump() {
    let (pool, clock, shutdown) = (pool().await, Clock::manual(NOW), Shutdown::new());
    let generator = generator(&pool, &clock).await;
    let running = tokio::spawn(generator.clone().run(shutdown.clone()));
    let mut seen = HashSet::new();
    for jump in [Span::ZERO, Span::milliseconds(-50), Span::hours(1), Span::hours(-1), Span::milliseconds(-5)] {
        clock.advance(jump);
        let minted = async || {
            clock.advance(Span::microseconds(10));
            generator.next().is_ok_and(|id| seen.insert(id))
        };
        curtail_testkit::until(minted, Duration::from_secs(10), "an id after the jump").await;
        for _ in 0..5_000 {
            assert!(seen.insert(generator.next().unwrap()), "after {jump}");
        }
    }
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_holder_that_was_away_mints_nothing_after_the_fence() {
    let (pool, clock) = (pool().await, Clock::manual(NOW));
    // One number for two.
    sqlx::query("INSERT INTO id_workers SELECT n, 'others', 1, 'infinity', 0 FROM generate_series(1, 1023) AS n")
        .execute(&pool)
        .await
        .unwrap();
    let stopped = generator(&pool, &clock).await;
    let last = stopped.next().unwrap();
    let refused = Generator::lease(pool.clone(), "second", clock.clone(), None).await.err();
    assert!(matches!(refused, Some(sqlx::Error::RowNotFound)), "the number is held");

    sqlx::query("UPDATE id_workers SET expires_at = now() - interval '1 s' WHERE worker = 0")
        .execute(&pool)
        .await
        .unwrap();
    let early = Generator::lease(pool.clone(), "second", clock.clone(), None).await.err();
    assert!(matches!(early, Some(sqlx::Error::RowNotFound)), "what the first reserved is not over");
    clock.advance(Span::seconds(31));
    let thief = generator(&pool, &clock).await;
    let stolen = thief.next().unwrap();
    assert_eq!((worker(stolen), worker(last)), (0, 0));
    assert!(stolen > last);

    assert_eq!(stopped.next(), Err(Unavailable::NoLease));
    // It may try to renew as often as it likes, and its clock may be wrong in its favour.
    let shutdown = Shutdown::new();
    let running = tokio::spawn(stopped.clone().run(shutdown.clone()));
    let fenced = async || {
        clock.set(NOW + Span::seconds(1));
        let refused = stopped.next().is_err();
        clock.set(NOW + Span::seconds(31));
        refused && stopped.next() == Err(Unavailable::NoLease)
    };
    curtail_testkit::until(fenced, Duration::from_secs(10), "the stopped holder learns of the fence").await;
    shutdown.begin();
    running.await.unwrap().unwrap();
    thief.next().unwrap();
}

#[tokio::test]
async fn ready_while_ids_can_be_minted() {
    let (pool, readiness, shutdown) = (pool().await, Readiness::new(), Shutdown::new());
    let generator = Generator::new(pool, "test", Clock::system(), Some(readiness.latch("ids")));
    assert_eq!(generator.next(), Err(Unavailable::NoLease));
    assert!(!readiness.is_ready());
    let running = tokio::spawn(generator.clone().run(shutdown.clone()));
    readiness.ready().await;
    generator.next().unwrap();
    shutdown.begin();
    running.await.unwrap().unwrap();
    generator.next().expect("what is in flight goes on");
}
