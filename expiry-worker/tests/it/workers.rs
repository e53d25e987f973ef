//! Jobs by timer (F19).

use std::collections::BTreeSet;

use curtail_testkit::until;
use time::Duration;

use crate::app::{SOON, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_with_a_killed_worker_and_a_leaping_clock_and_each_link_expires_once() {
    let app = TestApp::start().await;
    let links: BTreeSet<i64> = app.links(1_000).await.into_iter().collect();
    let (killed, survivor) = (app.worker().await, app.worker().await);
    assert_eq!(app.expired().await, [0_i64; 0]);
    app.clock.advance(Duration::hours(2));
    // At the tick: as soon as one of them has begun.
    let begun = async || !app.expired().await.is_empty();
    until(begun, SOON, "expiry begins").await;
    drop(killed);
    let all = async || {
        app.clock.advance(Duration::SECOND);
        app.expired().await.len() >= links.len()
    };
    until(all, SOON, "every link has its event").await;
    // And some rounds more.
    let rounds = async || {
        app.clock.advance(Duration::SECOND);
        let round: i64 = sqlx::query_scalar("select run from jobs where name = 'expire-links'")
            .fetch_one(&app.upkeep)
            .await
            .unwrap();
        round > 5
    };
    until(rounds, SOON, "the survivor continues").await;
    let expired = app.expired().await;
    assert_eq!(expired.len(), links.len());
    assert_eq!(expired.into_iter().collect::<BTreeSet<_>>(), links);
    survivor.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn what_a_killed_worker_was_doing_is_recorded_as_lost_and_done_by_another() {
    let app = TestApp::start().await;
    app.links(3).await;
    app.clock.advance(Duration::hours(2));
    // As a worker leaves it that dies in the middle.
    let now = app.clock.now();
    sqlx::query("insert into jobs (name, due_at, run, worker, started_at) values ('expire-links', $1, 1, 'dead', $2)")
        .bind(now + Duration::seconds(10))
        .bind(now)
        .execute(&app.upkeep)
        .await
        .unwrap();
    let worker = app.worker().await;
    let other = async || !app.runs("archive-links").await.is_empty() || ran(&app, "archive-links").await;
    until(other, SOON, "the worker works").await;
    assert_eq!(app.expired().await.len(), 0, "the dead one may still live");
    app.clock.advance(Duration::seconds(10));
    until(async || app.expired().await.len() == 3, SOON, "the links have their event").await;
    until(async || app.runs("expire-links").await.len() == 2, SOON, "both runs are recorded").await;
    let runs = app.runs("expire-links").await;
    let of = |cause: &str, outcome: &str, counts: &str| (cause.to_owned(), outcome.to_owned(), counts.to_owned());
    assert_eq!(runs, [of("timer", "lost", ""), of("timer", "done", r#"{"links": 3, "events": 3}"#)]);
    worker.stop().await;
    app.stop().await;
}

/// Whether the last run of a job has ended.
async fn ran(app: &TestApp, job: &str) -> bool {
    let ended = sqlx::query_scalar::<_, bool>("select ended_at is not null from jobs where name = $1").bind(job);
    ended.fetch_optional(&app.upkeep).await.unwrap().unwrap_or(false)
}

#[tokio::test]
async fn a_job_that_fails_says_why_and_is_retried() {
    let app = TestApp::start().await;
    app.stop_shortener();
    let worker = app.worker().await;
    let failed = async || app.runs("expire-links").await.iter().any(|(_, outcome, _)| outcome == "failed");
    until(failed, SOON, "a failed run").await;
    let runs = async || app.runs("expire-links").await.len();
    let before = runs().await;
    let again = async || {
        app.clock.advance(Duration::SECOND);
        runs().await > before
    };
    until(again, SOON, "another attempt").await;
    worker.stop().await;
    app.stop().await;
}
