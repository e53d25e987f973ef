//! Jobs by timer (F19).

use std::collections::BTreeSet;

use curtail_testkit::until;
use time::Duration;

use crate::world::{SOON, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_of_two_workers_one_is_killed_as_the_clock_leaps_and_each_link_is_told_of_once() {
    let world = World::start().await;
    let links: BTreeSet<i64> = world.links(1_000).await.into_iter().collect();
    let (killed, survivor) = (world.worker().await, world.worker().await);
    assert_eq!(world.expired().await, [0_i64; 0]);
    world.clock.advance(Duration::hours(2));
    // At the tick: as soon as one of them has begun.
    let begun = async || !world.expired().await.is_empty();
    until(begun, SOON, "expiry begins").await;
    drop(killed);
    let all = async || {
        world.clock.advance(Duration::SECOND);
        world.expired().await.len() >= links.len()
    };
    until(all, SOON, "every link is told of").await;
    // And some rounds more.
    let rounds = async || {
        world.clock.advance(Duration::SECOND);
        let round: i64 = sqlx::query_scalar("select run from jobs where name = 'expire-links'")
            .fetch_one(&world.upkeep)
            .await
            .unwrap();
        round > 5
    };
    until(rounds, SOON, "the survivor goes on").await;
    let told = world.expired().await;
    assert_eq!(told.len(), links.len());
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), links);
    survivor.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn what_a_killed_worker_was_doing_is_recorded_as_lost_and_done_by_another() {
    let world = World::start().await;
    world.links(3).await;
    world.clock.advance(Duration::hours(2));
    // As a worker leaves it that dies in the middle.
    let now = world.clock.now();
    sqlx::query("insert into jobs (name, due_at, run, worker, started_at) values ('expire-links', $1, 1, 'dead', $2)")
        .bind(now + Duration::seconds(10))
        .bind(now)
        .execute(&world.upkeep)
        .await
        .unwrap();
    let worker = world.worker().await;
    let other = async || !world.runs("archive-links").await.is_empty() || ran(&world, "archive-links").await;
    until(other, SOON, "the worker works").await;
    assert_eq!(world.expired().await.len(), 0, "the dead one may still live");
    world.clock.advance(Duration::seconds(10));
    until(async || world.expired().await.len() == 3, SOON, "the links are told of").await;
    until(async || world.runs("expire-links").await.len() == 2, SOON, "both runs are on record").await;
    let runs = world.runs("expire-links").await;
    let of = |cause: &str, outcome: &str, counts: &str| (cause.to_owned(), outcome.to_owned(), counts.to_owned());
    assert_eq!(runs, [of("timer", "lost", ""), of("timer", "done", r#"{"told": 3, "links": 3}"#)]);
    worker.stop().await;
    world.stop().await;
}

/// Whether the last run of a job has ended.
async fn ran(world: &World, job: &str) -> bool {
    let ended = sqlx::query_scalar::<_, bool>("select ended_at is not null from jobs where name = $1").bind(job);
    ended.fetch_optional(&world.upkeep).await.unwrap().unwrap_or(false)
}

#[tokio::test]
async fn a_job_that_fails_says_why_and_is_tried_again() {
    let world = World::start().await;
    world.stop_shortener();
    let worker = world.worker().await;
    let failed = async || world.runs("expire-links").await.iter().any(|(_, outcome, _)| outcome == "failed");
    until(failed, SOON, "a failed run").await;
    let runs = async || world.runs("expire-links").await.len();
    let before = runs().await;
    let again = async || {
        world.clock.advance(Duration::SECOND);
        runs().await > before
    };
    until(again, SOON, "another try").await;
    worker.stop().await;
    world.stop().await;
}
