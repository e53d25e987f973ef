//! Signing up and in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::{Answer, PASSWORD, Platform};

/// Someone signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The address of the account.
    pub email: String,
    /// Its number.
    pub user: String,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

/// A new account and its first session.
pub async fn register(platform: &Platform, email: &str) -> Session {
    let query = "mutation($input: RegisterInput!) { register(input: $input) {
        viewer { id } tokens { accessToken refreshToken } userErrors { code } } }";
    let input = json!({"email": email, "password": PASSWORD, "fullName": email});
    session(platform, email, query, json!({"input": input})).await
}

/// A further session of an account.
pub async fn login(platform: &Platform, email: &str) -> Session {
    let query = "mutation($input: LoginInput!) { login(input: $input) {
        tokens { accessToken refreshToken } userErrors { code } } }";
    session(platform, email, query, json!({"input": {"email": email, "password": PASSWORD}})).await
}

async fn session(platform: &Platform, email: &str, query: &str, variables: Value) -> Session {
    let answer = patiently(|| platform.post(query, variables.clone())).await;
    let payload = answer.body["data"].as_object().and_then(|data| data.values().next().cloned()).unwrap_or_default();
    let tokens = &payload["tokens"];
    assert!(tokens["accessToken"].is_string(), "{email}: {answer:?}");
    let user = payload["viewer"]["id"].as_str().unwrap_or_default().to_owned();
    Session {
        email: email.to_owned(),
        user,
        access: text(&tokens["accessToken"]),
        refresh: text(&tokens["refreshToken"]),
    }
}

/// Asks again while a service is not available: those that mint ids take a moment to follow when the clock was moved.
pub async fn patiently(request: impl Fn() -> reqwest::RequestBuilder) -> Answer {
    let mut answer = Answer::of(request()).await;
    let settled = async || {
        if answer.code() == "UNAVAILABLE" {
            answer = Answer::of(request()).await;
        }
        answer.code() != "UNAVAILABLE"
    };
    curtail_testkit::until(settled, Duration::from_secs(30), "the services mint ids").await;
    answer
}

/// A text that has to be there.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
