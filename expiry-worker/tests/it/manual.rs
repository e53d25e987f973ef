//! Jobs run by operators.

use curtail_streams::Group;
use expiry_worker::{Job, run_manually};
use fred::interfaces::StreamsInterface as _;
use time::Duration;

use crate::app::{SOON, TestApp};

async fn run(app: &TestApp, job: Job) -> String {
    run_manually(&app.config, job, app.clock.clone()).await.unwrap().summary()
}

#[tokio::test]
async fn a_job_runs_manually_beside_a_worker_and_is_recorded() {
    let app = TestApp::start().await;
    app.links(3).await;
    app.clock.advance(Duration::hours(2));
    assert_eq!(run(&app, Job::ExpireLinks).await, "3 events, 3 links");
    let worker = app.worker().await;
    assert_eq!(run(&app, Job::ExpireLinks).await, "nothing to do");
    assert_eq!(app.expired().await.len(), 3);
    let causes: Vec<_> = app.runs("expire-links").await.into_iter().map(|(cause, ..)| cause).collect();
    assert_eq!(causes, ["hand", "hand"]);
    let listed = async || expiry_worker::list(&app.config).await.unwrap().len() == Job::ALL.len();
    curtail_testkit::until(listed, SOON, "every job is recorded").await;
    worker.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn a_failure_manually_is_returned_and_recorded() {
    let app = TestApp::start().await;
    let mut config = app.config.clone();
    config.rpc.links_url = format!("http://127.0.0.1:{}", curtail_testkit::free_port());
    assert!(run_manually(&config, Job::ExpireLinks, app.clock.clone()).await.is_err());
    let status = expiry_worker::list(&config).await.unwrap().remove(0);
    assert_eq!((status.name.as_str(), status.outcome.as_deref()), ("expire-links", Some("failed")));
    assert!(status.error.is_some() && status.ended_at.is_some());
    app.stop().await;
}

#[tokio::test]
async fn warnings_and_the_archive_keep_to_their_settings() {
    let mut app = TestApp::start().await;
    let link = app.links(2).await[0];
    app.delete(link).await;
    app.config.expiry.warn_hours = 0;
    assert_eq!(run(&app, Job::WarnExpiring).await, "nothing to do");
    app.config.expiry.warn_hours = 1;
    assert_eq!(run(&app, Job::WarnExpiring).await, "1 events");
    assert_eq!(run(&app, Job::WarnExpiring).await, "nothing to do");
    app.clock.advance(Duration::days(90) - Duration::SECOND);
    assert_eq!(run(&app, Job::ArchiveLinks).await, "nothing to do");
    app.clock.advance(Duration::SECOND);
    assert_eq!(run(&app, Job::ArchiveLinks).await, "1 links");
    app.stop().await;
}

#[tokio::test]
async fn streams_are_cut_no_further_than_their_slowest_group() {
    let app = TestApp::start().await;
    let redis = curtail_streams::connect(&app.config.redis).await.unwrap();
    for (stream, number) in [("clicks:0", 10), ("alerts", 10)] {
        for n in 1..=number {
            let _: String = redis.xadd(stream, false, None, format!("{n}-0"), ("e", "x")).await.unwrap();
        }
    }
    let mut slow = Group::new(&app.config.redis, redis.clone(), "clicks:0", "slow", "a").unwrap();
    let read = slow.read(4, std::time::Duration::from_millis(1)).await.unwrap();
    slow.ack(&[read[0].id, read[1].id]).await.unwrap();
    // Two acknowledged ones of the slow group, and all that no one reads.
    assert_eq!(run(&app, Job::TrimStreams).await, "12 entries");
    assert_eq!(run(&app, Job::TrimStreams).await, "nothing to do");
    assert_eq!(redis.xlen::<u64, _>("clicks:0").await.unwrap(), 8);
    app.stop().await;
}

#[tokio::test]
async fn records_of_runs_are_forgotten_in_time() {
    let app = TestApp::start().await;
    run(&app, Job::WarnExpiring).await;
    app.clock.advance(Duration::days(30));
    assert_eq!(run(&app, Job::ForgetRuns).await, "nothing to do");
    app.clock.advance(Duration::SECOND);
    assert_eq!(run(&app, Job::ForgetRuns).await, "1 runs");
    assert_eq!(app.runs("warn-expiring").await, []);
    app.stop().await;
}
