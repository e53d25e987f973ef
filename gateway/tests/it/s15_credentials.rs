//! S15: many guesses in one request.

use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::socket::Socket;

#[tokio::test]
async fn s15_one_request_is_one_guess() {
    let platform = Platform::start(|_| {}).await;
    let login = r#"login(input: {email: "a@example.org", password: "guess"}) { userErrors { code } }"#;
    let aliased = |n: usize| (0..n).map(|i| format!("a{i}: {login} ")).collect::<String>();
    for (name, document) in [
        ("two aliases", format!("mutation {{ {} }}", aliased(2))),
        ("a hundred aliases", format!("mutation {{ {} }}", aliased(100))),
        (
            "a fragment twice",
            format!(
                "mutation {{ ...A ...B }} fragment A on Mutation {{ {login} }} fragment B on Mutation {{ b: {login} }}"
            ),
        ),
        ("inline fragments", format!("mutation {{ {login} ... on Mutation {{ b: {login} }} }}")),
        ("another credential beside", format!("mutation {{ {login} refreshSession {{ userErrors {{ code }} }} }}")),
    ] {
        let answer = platform.ask(&document).await;
        let refused = ["TOO_MANY_CREDENTIAL_MUTATIONS", "TOO_MANY_ALIASES", "TOO_MANY_TOKENS"].contains(&answer.code());
        assert!(answer.status == 400 && refused && answer.body.get("data").is_none(), "{name}: {answer:?}");
    }
    let one = platform.ask(&format!("mutation {{ {login} }}")).await;
    assert_eq!(one.body["data"]["login"]["userErrors"][0]["code"], "BAD_CREDENTIALS", "{one:?}");
}

#[tokio::test]
async fn s15_guesses_are_counted_one_by_one_when_more_are_allowed() {
    let platform = Platform::start(|config| {
        (config.gateway.max_credential_mutations, config.gateway.anonymous_per_minute) = (5, 6);
    })
    .await;
    let document = (0..5).map(|i| format!("a{i}: logout {{ __typename }} ")).collect::<String>();
    let first = Answer::of(platform.post(&format!("mutation {{ {document} }}"), json!({}))).await;
    assert_eq!(first.headers["ratelimit"].to_str().unwrap().split(';').nth(1), Some("r=1"), "{first:?}");
    let second = Answer::of(platform.post(&format!("mutation {{ {document} }}"), json!({}))).await;
    assert_eq!((second.status.as_u16(), second.code()), (429, "RATE_LIMITED"));
}

#[tokio::test]
async fn s15_a_batch_of_guesses_is_no_request() {
    let platform = Platform::start(|_| {}).await;
    let guess =
        json!({"query": "mutation { login(input: {email: \"a@example.org\", password: \"x\"}) { __typename } }"});
    let batch = platform.http.post(format!("{}/graphql", platform.url)).json(&json!([guess, guess]));
    let answer = Answer::of(batch).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"), "{answer:?}");
}

#[tokio::test]
async fn s15_frames_of_a_socket_are_counted_one_by_one_and_bring_no_guesses() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 2).await;
    let mut socket = Socket::open(&platform, &[]).await.unwrap();
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    let code = |message: &serde_json::Value| message["payload"][0]["extensions"]["code"].clone();

    let guess = "mutation { login(input: {email: \"a@example.org\", password: \"x\"}) { __typename } }";
    socket.subscribe("guess", guess, json!({})).await;
    assert_eq!(code(&socket.hear().await), "GRAPHQL_VALIDATION_FAILED");
    for id in ["1", "2"] {
        socket.subscribe(id, "{ version }", json!({})).await;
        assert_eq!(socket.hear().await["type"], "next");
        assert_eq!(socket.hear().await["type"], "complete");
    }
    socket.subscribe("3", "{ version }", json!({})).await;
    let refused = socket.hear().await;
    assert_eq!((refused["type"].as_str(), code(&refused)), (Some("error"), json!("RATE_LIMITED")), "{refused}");
    assert!(refused["payload"][0]["extensions"]["retryAfter"].as_u64().is_some_and(|after| after <= 30), "{refused}");
    assert_eq!(platform.ask("{ version }").await.status, 429, "the same bucket as that of requests");
}
