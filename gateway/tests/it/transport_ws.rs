//! graphql-transport-ws to the letter: each close code, pings, ids.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::Platform;
use crate::socket::{CLICKS, Socket, access};

const INIT: &str = r#"{"type":"connection_init"}"#;

/// The code with which a socket is closed after these messages.
async fn closed_after(platform: &Platform, messages: &[&str]) -> u16 {
    let mut socket = Socket::open(platform, &[]).await.unwrap();
    for message in messages {
        socket.say_text((*message).to_owned()).await;
    }
    socket.closed().await
}

#[tokio::test]
async fn every_violation_has_its_close_code() {
    let platform = Platform::start(|config| config.gateway.live_init_timeout_ms = 300).await;
    let subscribe = r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { clicks { skipped } }"}}"#;
    let ann = platform.register("ann").await;
    let credential =
        json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {}", access(&ann))}});
    for (messages, code) in [
        (vec!["nonsense"], 4400),
        (vec![r#"{"type":"start"}"#], 4400),
        (vec![INIT, r#"{"type":"subscribe","id":"1"}"#], 4400),
        (vec![subscribe], 4401),
        (vec![r#"{"type":"connection_init","payload":{"authorization":"Bearer nonsense"}}"#], 4403),
        (vec![r#"{"type":"connection_init","payload":{"authorization":7}}"#], 4403),
        (vec![], 4408),
        (vec![&credential.to_string(), subscribe, subscribe], 4409),
        (vec![INIT, INIT], 4429),
    ] {
        assert_eq!(closed_after(&platform, &messages).await, code, "{messages:?}");
    }
    let longest = platform.config.gateway.max_body_bytes;
    let text = |length: usize| format!(r#"{{"type":"ping","payload":{{"x":"{}"}}}}"#, "x".repeat(length - 34));
    let mut socket = Socket::of(&platform, access(&ann)).await;
    assert!(text(longest).len() <= longest);
    socket.say_text(text(longest)).await;
    assert_eq!(socket.hear().await["type"], "pong");
    socket.say_text(text(longest + 100)).await;
    assert!(matches!(socket.closed().await, 4400 | 1006), "too long to be read at all");
}

#[tokio::test]
async fn pings_are_answered_operations_are_bounded_and_mutations_go_elsewhere() {
    let platform = Platform::start(|config| {
        config.gateway.live_operations_per_socket = 2;
        config.gateway.live_keep_alive_ms = 200;
    })
    .await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    for id in ["1", "2"] {
        socket.subscribe(id, CLICKS, json!({})).await;
    }
    let refused = async |socket: &mut Socket, query: &str| {
        socket.subscribe("3", query, Value::Null).await;
        let message = socket.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("3")), "{message}");
        message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&mut socket, CLICKS).await, "TOO_MANY_SUBSCRIPTIONS");
    socket.say(json!({"type": "complete", "id": "2"})).await;
    assert_eq!(refused(&mut socket, "mutation { logout { userErrors { code } } }").await, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(refused(&mut socket, "subscription { clicks { nothing } }").await, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(refused(&mut socket, "{ a b c").await, "GRAPHQL_PARSE_FAILED");
    // Longer than two keep-alive periods: who answers pings stays.
    let pause = tokio::time::timeout(Duration::from_millis(700), socket.next()).await;
    assert!(pause.is_err(), "{pause:?}");
    socket.say(json!({"type": "ping", "payload": {"any": 1}})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn s15_operations_of_a_socket_are_charged_as_requests_are() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 5).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    let mut codes = Vec::new();
    for _ in 0..8 {
        socket.subscribe("1", "{ version }", Value::Null).await;
        let message = socket.hear().await;
        if message["type"] == "next" {
            assert_eq!(socket.hear().await["type"], "complete");
        } else {
            codes.push(message["payload"][0]["extensions"]["code"].clone());
        }
    }
    assert_eq!(codes, vec![json!("RATE_LIMITED"); 3]);
}
