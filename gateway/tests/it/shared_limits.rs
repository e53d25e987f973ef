//! Limits that all gateways share, and what becomes of them without Redis.

use crate::platform::Platform;

#[tokio::test]
async fn an_anonymous_address_waits_when_its_minute_is_used_up() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 2).await;
    let first = platform.ask("{version}").await;
    assert_eq!(first.headers["ratelimit-policy"], "\"anonymous\";q=2;w=60");
    assert_eq!(first.headers["ratelimit"], "\"anonymous\";r=1;t=30");
    platform.ask("{version}").await;
    let third = platform.ask("{version}").await;
    assert_eq!((third.status.as_u16(), third.code()), (429, "RATE_LIMITED"));
    let after: u64 = third.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((25..=30).contains(&after), "{after}");
}

#[tokio::test]
async fn without_redis_the_limiter_is_open_or_closed() {
    for (word, status) in [("open", 200), ("closed", 503)] {
        let directory = tempfile::tempdir().unwrap();
        let mut redis = testkit::PrivateRedis::start(directory.path(), testkit::free_port()).await.unwrap();
        let settings = redis.config(0);
        let platform = Platform::start(|config| {
            config.redis = settings;
            config.gateway.limiter_without_redis = word.to_owned();
        })
        .await;
        assert_eq!(platform.ask("{version}").await.status, 200);
        redis.kill9();
        let answer = platform.ask("{version}").await;
        assert_eq!(answer.status.as_u16(), status, "{word}: {answer:?}");
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
    }
}
