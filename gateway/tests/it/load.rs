//! Too much, too slow, and the end.

use std::time::Duration;

use serde_json::json;

use crate::platform::{Answer, PASSWORD, Platform};

const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";

/// Makes hashing a password take a good part of a second.
fn slowly(config: &mut curtail_config::Config) {
    (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (128 * 1024, 4);
}

/// Its password is hashed, although no one is known by that address.
fn slow(platform: &Platform) -> reqwest::RequestBuilder {
    platform.post(LOGIN, json!({"input": {"email": "nobody@example.org", "password": PASSWORD}}))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_place_is_refused_at_once() {
    let platform = Platform::start(|config| {
        slowly(config);
        (config.gateway.max_in_flight, config.gateway.queue_ms) = (1, 0);
    })
    .await;
    let answers = futures_util::future::join_all((0..20).map(|_| Answer::of(slow(&platform)))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.code() == "OVERLOADED").collect();
    assert!(!refused.is_empty() && refused.len() < answers.len(), "{answers:?}");
    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (503, "1"));
    }
    assert_eq!(platform.ask("{version}").await.status, 200);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let platform = Platform::start(|config| {
        slowly(config);
        config.gateway.request_timeout_ms = 50;
    })
    .await;
    let answer = Answer::of(slow(&platform)).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (504, "DEADLINE_EXCEEDED"), "{answer:?}");
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_no_other_is_taken() {
    let platform = Platform::start(slowly).await;
    assert_eq!(platform.ask("{version}").await.status, 200);
    let in_flight = tokio::spawn(Answer::of(slow(&platform)));
    // The connection is kept alive, so the request is on its way when the listener closes.
    tokio::time::sleep(Duration::from_millis(50)).await;
    platform.stop();
    assert_eq!(in_flight.await.unwrap().status, 200);
    let closed = async || {
        let fresh = reqwest::Client::new();
        fresh.get(format!("{}/graphql?query={{version}}", platform.url)).send().await.is_err()
    };
    curtail_testkit::until(closed, Duration::from_secs(5), "the listener is closed").await;
}
