//! graphql-transport-ws to the letter: each close code, pings, ids.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use crate::platform::Platform;
use crate::socket::{CLICKS, PATIENCE, Redirector, Socket, access, workspace};

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
        (vec!["[]"], 4400),
        (vec![r#"{"type":"connection_ack"}"#], 4400),
        (vec![INIT, r#"{"type":"next","id":"1","payload":{}}"#], 4400),
        (vec![INIT, r#"{"type":"subscribe","id":"","payload":{"query":"{version}"}}"#], 4400),
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
    let mut socket = Socket::open(&platform, &[]).await.unwrap();
    socket.say_frame(Message::binary(INIT)).await;
    assert_eq!(socket.closed().await, 4400, "messages are texts");
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

#[tokio::test]
async fn both_sides_may_ask_whether_the_other_is_there() {
    let platform = Platform::start(|config| config.gateway.live_keep_alive_ms = 200).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.say(json!({"type": "pong", "payload": {"unasked": true}})).await;
    socket.say_frame(Message::Ping("here".into())).await;
    let (mut pinged, mut answered) = (false, false);
    while !pinged || !answered {
        match socket.frame().await {
            Message::Ping(_) => pinged = true,
            Message::Pong(payload) => answered = payload == "here",
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_closes_is_answered_and_sees_no_failure() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", CLICKS, json!({})).await;
    socket.say_frame(Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))).await;
    assert_eq!(socket.closed().await, 1000);
}

/// A client whose half of the connection is gone: nothing comes from it, not even the answer to a ping, and no end either.
#[tokio::test]
async fn a_half_open_socket_is_dropped() {
    let platform = Platform::start(|config| {
        config.gateway.live_keep_alive_ms = 200;
        config.gateway.live_connections_per_user = 1;
    })
    .await;
    let ann = platform.register("ann").await;
    // A socket that is not read answers no pings.
    let _silent = Socket::of(&platform, access(&ann)).await;
    let start = Instant::now();
    let again = async || {
        let mut socket = Socket::open(&platform, &[]).await.unwrap();
        let payload = json!({"Authorization": format!("Bearer {}", access(&ann))});
        socket.say(json!({"type": "connection_init", "payload": payload})).await;
        socket.next().await.is_ok()
    };
    curtail_testkit::until(again, PATIENCE, "its place is free").await;
    assert!(start.elapsed() >= Duration::from_millis(200), "not before it was asked: {:?}", start.elapsed());
}

#[tokio::test]
async fn nothing_comes_after_complete() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let mut redirector = Redirector::new(&platform, 1).await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    for id in ["ours", "other"] {
        socket.subscribe(id, CLICKS, json!({})).await;
    }
    redirector.click(home, 1, 1).await;
    let (first, second) = (socket.hear().await, socket.hear().await);
    assert_ne!(first["id"], second["id"]);
    redirector.click(home, 2, 50).await;
    socket.say(json!({"type": "complete", "id": "ours"})).await;
    socket.say(json!({"type": "complete", "id": "never begun"})).await;
    socket.say(json!({"type": "ping"})).await;
    // What was on its way may still come, but nothing after the completion was read.
    while socket.hear().await["type"] != "pong" {}
    redirector.click(home, 3, 5).await;
    let mut clicks = 0;
    while clicks < 5 {
        let message = socket.hear().await;
        assert_eq!((&message["id"], &message["type"]), (&json!("other"), &json!("next")), "{message}");
        let nodes = message["payload"]["data"]["clicks"]["nodes"].as_array().unwrap().clone();
        clicks += nodes.iter().filter(|click| click["linkId"] == "3").count();
    }
}

#[tokio::test]
async fn a_credential_is_looked_at_again_while_its_socket_is_open() {
    let platform = Platform::start(|config| config.auth.access_token_seconds = 6).await;
    let ann = platform.register("ann").await;
    let key =
        "mutation { createApiKey(input: {name: \"k\", scopes: [READ]}) { apiKey { id } secret userErrors { code } } }";
    let made = platform.as_page(&ann, key, Value::Null).await;
    let made = &made.body["data"]["createApiKey"];
    let mut by_token = Socket::of(&platform, access(&ann)).await;
    let mut by_key = Socket::open(&platform, &[]).await.unwrap();
    by_key.say(json!({"type": "connection_init", "payload": {"X-Api-Key": made["secret"]}})).await;
    assert_eq!(by_key.hear().await["type"], "connection_ack", "{made}");
    let revoke = "mutation($id: ID!) { revokeApiKey(id: $id) { userErrors { code } } }";
    let revoked = platform.as_page(&ann, revoke, json!({"id": made["apiKey"]["id"]})).await;
    assert_eq!(revoked.body["data"]["revokeApiKey"]["userErrors"], json!([]), "{revoked:?}");
    let start = Instant::now();
    assert_eq!(by_key.closed().await, 4403, "the key was revoked");
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    assert_eq!(by_token.closed().await, 4403, "the token has expired");
}
