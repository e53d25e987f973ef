//! Jobs as an operator runs them.

use curtail_streams::Group;
use expiry_worker::{Job, run_by_hand};
use fred::interfaces::StreamsInterface as _;
use time::Duration;

use crate::world::{SOON, World};

async fn run(world: &World, job: Job) -> String {
    run_by_hand(&world.config, job, world.clock.clone()).await.unwrap().summary()
}

#[tokio::test]
async fn a_job_runs_by_hand_beside_a_worker_and_is_on_record() {
    let world = World::start().await;
    world.links(3).await;
    world.clock.advance(Duration::hours(2));
    assert_eq!(run(&world, Job::ExpireLinks).await, "3 links, 3 told");
    let worker = world.worker().await;
    assert_eq!(run(&world, Job::ExpireLinks).await, "nothing to do");
    assert_eq!(world.expired().await.len(), 3);
    let causes: Vec<_> = world.runs("expire-links").await.into_iter().map(|(cause, ..)| cause).collect();
    assert_eq!(causes, ["hand", "hand"]);
    let listed = async || expiry_worker::list(&world.config).await.unwrap().len() == Job::ALL.len();
    curtail_testkit::until(listed, SOON, "every job is on record").await;
    worker.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn a_failure_by_hand_is_told_and_on_record() {
    let world = World::start().await;
    let mut config = world.config.clone();
    config.rpc.links_url = format!("http://127.0.0.1:{}", curtail_testkit::free_port());
    assert!(run_by_hand(&config, Job::ExpireLinks, world.clock.clone()).await.is_err());
    let status = expiry_worker::list(&config).await.unwrap().remove(0);
    assert_eq!((status.name.as_str(), status.outcome.as_deref()), ("expire-links", Some("failed")));
    assert!(status.error.is_some() && status.ended_at.is_some());
    world.stop().await;
}

#[tokio::test]
async fn warnings_and_the_archive_keep_to_their_settings() {
    let mut world = World::start().await;
    let link = world.links(2).await[0];
    world.delete(link).await;
    world.config.expiry.warn_hours = 0;
    assert_eq!(run(&world, Job::WarnExpiring).await, "nothing to do");
    world.config.expiry.warn_hours = 1;
    assert_eq!(run(&world, Job::WarnExpiring).await, "1 told");
    assert_eq!(run(&world, Job::WarnExpiring).await, "nothing to do");
    world.clock.advance(Duration::days(90) - Duration::SECOND);
    assert_eq!(run(&world, Job::ArchiveLinks).await, "nothing to do");
    world.clock.advance(Duration::SECOND);
    assert_eq!(run(&world, Job::ArchiveLinks).await, "1 links");
    world.stop().await;
}

#[tokio::test]
async fn streams_are_cut_no_further_than_their_slowest_group() {
    let world = World::start().await;
    let redis = curtail_streams::connect(&world.config.redis).await.unwrap();
    for (stream, number) in [("clicks:0", 10), ("alerts", 10)] {
        for n in 1..=number {
            let _: String = redis.xadd(stream, false, None, format!("{n}-0"), ("e", "x")).await.unwrap();
        }
    }
    let mut slow = Group::new(&world.config.redis, redis.clone(), "clicks:0", "slow", "a").unwrap();
    let read = slow.read(4, std::time::Duration::from_millis(1)).await.unwrap();
    slow.ack(&[read[0].id, read[1].id]).await.unwrap();
    // Two acknowledged ones of the slow group, and all that nobody reads.
    assert_eq!(run(&world, Job::TrimStreams).await, "12 entries");
    assert_eq!(run(&world, Job::TrimStreams).await, "nothing to do");
    assert_eq!(redis.xlen::<u64, _>("clicks:0").await.unwrap(), 8);
    world.stop().await;
}

#[tokio::test]
async fn records_of_runs_are_forgotten_in_time() {
    let world = World::start().await;
    run(&world, Job::WarnExpiring).await;
    world.clock.advance(Duration::days(30));
    assert_eq!(run(&world, Job::ForgetRuns).await, "nothing to do");
    world.clock.advance(Duration::SECOND);
    assert_eq!(run(&world, Job::ForgetRuns).await, "1 runs");
    assert_eq!(world.runs("warn-expiring").await, []);
    world.stop().await;
}
