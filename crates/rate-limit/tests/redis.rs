//! The script against a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_rate_limit::{Bucket, Decision, Gate, Quota, RedisLimiter};
use time::OffsetDateTime;

const MINUTE: Duration = Duration::from_secs(60);

fn bucket(key: &str, capacity: u32, tokens: u32) -> Bucket {
    let quota = Quota::new(NonZeroU32::new(capacity).unwrap(), MINUTE);
    Bucket { key: key.to_owned(), quota, tokens }
}

async fn limiter() -> (RedisLimiter, Clock) {
    let config = curtail_testkit::redis().await;
    let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000));
    let redis = curtail_streams::connect(&config).await.unwrap();
    let limiter = RedisLimiter::new(redis, Duration::from_secs(5)).clock(clock.clone());
    curtail_testkit::until(async || limiter.is_connected(), Duration::from_secs(10), "Redis is connected").await;
    (limiter, clock)
}

#[tokio::test]
async fn a_bucket_empties_says_when_to_come_back_and_refills() {
    let (limiter, clock) = limiter().await;
    let taken =
        |remaining, seconds| Decision { wait: None, remaining, full_in: Duration::from_secs(seconds), attempts: 0 };
    assert_eq!(limiter.take(&[bucket("a", 4, 3)], None).await.unwrap(), taken(1, 45));
    let refused = limiter.take(&[bucket("a", 4, 2)], None).await.unwrap();
    assert_eq!(refused, Decision { wait: Some(Duration::from_secs(15)), ..taken(1, 45) });
    clock.advance(time::Duration::seconds(15));
    assert_eq!(limiter.take(&[bucket("a", 4, 2)], None).await.unwrap(), taken(0, 60));
    assert_eq!(limiter.take(&[bucket("b", 4, 50)], None).await.unwrap(), taken(0, 60), "more than it holds");
    limiter.put_back(&[bucket("a", 4, 1)], None).await.unwrap();
    assert_eq!(limiter.take(&[bucket("a", 4, 1)], None).await.unwrap(), taken(0, 60));
}

#[tokio::test]
async fn intervals_need_not_be_whole_milliseconds() {
    let (limiter, _) = limiter().await;
    for left in (0..7).rev() {
        assert_eq!(limiter.take(&[bucket("a", 7, 1)], None).await.unwrap().remaining, left);
    }
    let wait = limiter.take(&[bucket("a", 7, 1)], None).await.unwrap().wait;
    assert_eq!(wait, Some(Duration::from_millis(8572)));
}

#[tokio::test]
async fn what_is_left_of_a_large_bucket_is_exact() {
    let (limiter, clock) = limiter().await;
    for round in 0..20 {
        let key = format!("large {round}");
        assert_eq!(limiter.take(&[bucket(&key, 100_000, 3)], None).await.unwrap().remaining, 99_997);
        clock.advance(time::Duration::milliseconds(7));
    }
}

#[tokio::test]
async fn several_buckets_are_taken_from_together_or_not_at_all() {
    let (limiter, _) = limiter().await;
    assert!(limiter.take(&[bucket("empty", 1, 1)], None).await.unwrap().wait.is_none());
    let both = [bucket("full", 2, 1), bucket("empty", 1, 1)];
    assert_eq!(limiter.take(&both, None).await.unwrap().wait, Some(MINUTE));
    let untouched = limiter.take(&[bucket("full", 2, 2)], None).await.unwrap();
    assert!(untouched.wait.is_none());
}

#[tokio::test]
async fn a_gate_delays_more_with_each_attempt_until_it_is_reset() {
    let (limiter, clock) = limiter().await;
    let gate = Gate {
        key: "gate".to_owned(),
        free: 2,
        first_delay: Duration::from_secs(1),
        longest_delay: Duration::from_secs(3),
        memory: Duration::from_secs(3600),
    };
    let attempt = async || limiter.take(&[], Some(&gate)).await.unwrap();
    for attempts in 1..=3 {
        let decision = attempt().await;
        assert_eq!((decision.wait, decision.attempts), (None, attempts));
    }
    for delay in [1, 2, 3, 3] {
        assert_eq!(attempt().await.wait, Some(Duration::from_secs(delay)));
        clock.advance(time::Duration::seconds(delay as i64));
        assert_eq!(attempt().await.wait, None);
    }
    limiter.put_back(&[], Some(&gate)).await.unwrap();
    assert_eq!(attempt().await.wait, None, "an attempt that was put back does not delay the next one");
    limiter.reset(&[], Some(&gate)).await.unwrap();
    assert_eq!(attempt().await.attempts, 1);
}

#[tokio::test]
async fn without_redis_it_fails_at_once() {
    let mut nowhere = curtail_testkit::redis().await;
    nowhere.url = curtail_config::Secret::new(format!("redis://127.0.0.1:{}", curtail_testkit::free_port()));
    let limiter = RedisLimiter::new(curtail_streams::connect(&nowhere).await.unwrap(), Duration::from_secs(5));
    let started = std::time::Instant::now();
    assert!(!limiter.is_connected());
    assert!(limiter.take(&[bucket("a", 4, 1)], None).await.is_err());
    assert!(started.elapsed() < Duration::from_secs(1));
}
