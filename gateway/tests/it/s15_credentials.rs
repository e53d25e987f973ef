//! S15: many guesses in one request.

use serde_json::json;

use crate::platform::{Answer, Platform};

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
