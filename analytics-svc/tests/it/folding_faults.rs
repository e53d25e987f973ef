//! Folding by several processes, interrupted, and while clicks arrive.

use curtail_proto::analytics::v1::{Dimension, DimensionFilter, QueryAnalyticsRequest};
use curtail_testkit::until;
use sqlx::{Postgres, Transaction};
use time::macros::datetime;

use super::folding::{PATIENCE, count, folding, stale_days};
use super::publish::click;
use super::world::{WORKSPACE, World, ms, question};

const DAYS: i64 = 4;

/// Clicks of three workspaces on each of four days that ended.
fn clicks() -> Vec<curtail_proto::events::v1::Click> {
    let start = ms(datetime!(2026-11-17 00:00 UTC));
    let all = (0..DAYS * 300).map(|n| {
        let at_ms = start + n / 300 * 86_400_000 + n % 300 * 60_000;
        click(WORKSPACE + n % 3, 1 + n % 2, at_ms, n as u64 + 1)
    });
    all.collect()
}

/// Clicks of the workspace in those days, as a filter that all pass and a breakdown have them.
async fn counted(world: &World) -> (i64, i64) {
    let direct = DimensionFilter { dimension: Dimension::Channel.into(), values: vec!["direct".into()] };
    let request = QueryAnalyticsRequest {
        breakdowns: vec![Dimension::Channel.into()],
        filters: vec![direct],
        ..question(datetime!(2026-11-17 00:00 UTC), datetime!(2026-11-21 00:00 UTC))
    };
    let answer = world.query(request).await.unwrap();
    (answer.totals.unwrap().clicks, answer.breakdowns[0].rows.iter().map(|row| row.clicks).sum())
}

async fn rows(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM dimension_days").fetch_one(&world.pool).await.unwrap()
}

/// Keeps folding from writing its last table.
async fn hold_up(world: &World) -> Transaction<'static, Postgres> {
    let mut lock = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE dimension_hours IN SHARE MODE").execute(&mut *lock).await.unwrap();
    lock
}

const WAITING: &str = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' \
                       AND query LIKE 'INSERT INTO dimension_hours%'";

async fn waits(world: &World) {
    let waiting = format!("SELECT count(*) {WAITING}");
    let waits = async || {
        sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(waiting.clone())).fetch_one(&world.pool).await.unwrap() > 0
    };
    until(waits, PATIENCE, "folding is in the middle of a day").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_two_processes_fold_every_click_once() {
    let world = World::start().await;
    // More workspaces than one transaction takes, so that both are at a day one after the other.
    let others = clicks().into_iter().enumerate().map(|(n, one)| click(1_000 + n as i64 % 120, 1, one.at_ms, 1));
    count(&world, 1, clicks().into_iter().chain(others).collect()).await;
    let jobs = [folding(&world), folding(&world)].map(|job| tokio::spawn(async move { job.round().await }));
    let mut folded = 0;
    for job in jobs {
        folded += job.await.unwrap().unwrap();
    }
    // A day that each left to the other.
    folded += folding(&world).round().await.unwrap();
    assert_eq!(folded, DAYS as u64 * 600);
    assert_eq!((stale_days(&world).await, rows(&world).await), (0, DAYS * (9 + 240)));
    assert_eq!(counted(&world).await, (400, 400));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_in_the_middle_of_a_day_has_done_nothing() {
    let world = World::start().await;
    count(&world, 1, clicks()).await;
    let lock = hold_up(&world).await;
    let job = folding(&world);
    let round = tokio::spawn(async move { job.round().await });
    waits(&world).await;
    let kill = format!("SELECT count(pg_terminate_backend(pid)) {WAITING}");
    sqlx::query(sqlx::AssertSqlSafe(kill)).execute(&world.pool).await.unwrap();
    assert!(round.await.unwrap().is_err());
    drop(lock);
    assert_eq!((rows(&world).await, stale_days(&world).await), (0, DAYS * 3));
    assert_eq!(counted(&world).await, (400, 400), "from the raw clicks");

    assert_eq!(folding(&world).round().await.unwrap(), DAYS as u64 * 300);
    assert_eq!((stale_days(&world).await, counted(&world).await), (0, (400, 400)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_that_come_while_their_day_is_folded_wait_for_nobody_and_are_not_missed() {
    let world = World::start().await;
    count(&world, 1, clicks()).await;
    let lock = hold_up(&world).await;
    let job = folding(&world);
    let round = tokio::spawn(async move { job.round().await });
    waits(&world).await;
    // The oldest day is in the middle of being folded.
    count(&world, 2, vec![click(WORKSPACE, 1, ms(datetime!(2026-11-17 12:00 UTC)), 9_999)]).await;
    assert_eq!(counted(&world).await, (401, 401));
    lock.rollback().await.unwrap();
    let folded = round.await.unwrap().unwrap();
    assert_eq!(folded, DAYS as u64 * 300 + 101, "the day of the workspace is folded again");
    assert_eq!((stale_days(&world).await, counted(&world).await), (0, (401, 401)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_late_clicks_waits_before_it_is_folded_again() {
    let world = World::start().await;
    count(&world, 1, clicks()).await;
    let mut job = folding(&world);
    job.late = std::time::Duration::from_secs(3_600);
    assert_eq!(job.round().await.unwrap(), DAYS as u64 * 300, "the first time it does not wait");
    count(&world, 2, vec![click(WORKSPACE, 1, ms(datetime!(2026-11-18 12:00 UTC)), 9_999)]).await;
    assert_eq!((job.round().await.unwrap(), stale_days(&world).await), (0, 1));
    assert_eq!(counted(&world).await, (401, 401));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_closed_when_its_time_has_come() {
    let world = World::start().await;
    count(&world, 1, clicks()).await;
    let mut job = folding(&world);
    // It is noon: yesterday ended twelve hours ago.
    job.after = time::Duration::hours(12) + time::Duration::SECOND;
    assert_eq!(job.round().await.unwrap(), 900);
    job.after = time::Duration::hours(12);
    assert_eq!(job.round().await.unwrap(), 300);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_may_have_more_clicks_and_workspaces_than_one_step_takes() {
    let world = World::start().await;
    let noon = ms(datetime!(2026-11-20 12:00 UTC));
    let busy = (0..10_500).map(|n| click(WORKSPACE, 1 + n % 300, noon + n, n as u64 + 1));
    let many = (0..60).map(|n| click(1_000 + n, 1, noon, 1));
    count(&world, 1, busy.chain(many).collect()).await;
    assert_eq!(folding(&world).round().await.unwrap(), 10_560);
    assert_eq!((rows(&world).await, stale_days(&world).await), (301 + 2 * 60, 0));
    assert_eq!(counted(&world).await, (10_500, 10_500));
    world.stop().await;
}
