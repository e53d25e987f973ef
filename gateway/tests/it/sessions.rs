//! Credentials and their end.

use std::time::Instant;

use serde_json::{Value, json};

use crate::platform::{Answer, Platform};

const VIEWER: &str = "{ viewer { email } }";

async fn api_key(platform: &Platform, cookies: &str, limit: Option<u32>) -> (String, String) {
    let query = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } userErrors { code message } } }";
    let input = json!({"name": "test", "scopes": ["READ"], "rateLimitPerMinute": limit});
    let answer = platform.as_page(cookies, query, json!({"input": input})).await;
    let made = &answer.body["data"]["createApiKey"];
    assert_eq!(made["userErrors"], json!([]), "{answer:?}");
    (made["secret"].as_str().unwrap().to_owned(), made["apiKey"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn s22_what_is_remembered_of_an_access_token_ends_with_it() {
    let clock = curtail_clock::Clock::manual(time::macros::datetime!(2026-01-01 00:00 UTC));
    let platform = Platform::start_at(clock.clone(), |config| config.auth.access_token_seconds = 60).await;
    let cookies = platform.register("ann").await;
    let access = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-curtail_access=")).unwrap();
    let status = async || Answer::of(platform.post(VIEWER, json!({})).bearer_auth(access)).await.status.as_u16();
    // The last exchange, at 59 s, would be good for another minute.
    for seconds in [1, 50, 8] {
        clock.advance(time::Duration::seconds(seconds));
        assert_eq!(status().await, 200);
    }
    clock.advance(time::Duration::seconds(1));
    assert_eq!(status().await, 401);
}

/// Asks until the credential is refused.
async fn until_refused(ask: impl AsyncFn() -> Answer) {
    curtail_testkit::until(async || ask().await.status == 401, curtail_testkit::PROMPT, "the credential is refused")
        .await;
}

#[tokio::test]
async fn every_kind_of_credential_is_taken_and_wrong_ones_are_refused() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let (secret, _) = api_key(&platform, &cookies, Some(3)).await;
    let access = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-curtail_access=")).unwrap();
    let seen =
        async |request: reqwest::RequestBuilder| Answer::of(request).await.body["data"]["viewer"]["email"].clone();
    let post = || platform.post(VIEWER, json!({}));
    assert_eq!(
        platform.as_page(&cookies, VIEWER, Value::Null).await.body["data"]["viewer"]["email"],
        "ann@example.org"
    );
    assert_eq!(seen(post().bearer_auth(access)).await, "ann@example.org");
    assert_eq!(platform.ask(VIEWER).await.body["data"]["viewer"], Value::Null);

    for wrong in ["nonsense", "v4.public.AAAA.AAAA", "ck_live_nonsense", &format!("{access}x")] {
        let answer = Answer::of(post().bearer_auth(wrong)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "{wrong}");
        assert!(answer.headers.contains_key("www-authenticate"));
        let legacy = post().bearer_auth(wrong).header("accept", "application/json");
        assert_eq!(Answer::of(legacy).await.status, 401);
    }

    // The key has a bucket of its own, of the size that was asked for.
    let limited = Answer::of(platform.post("{version}", json!({})).header("x-api-key", &secret)).await;
    assert_eq!(limited.headers["ratelimit-policy"], "\"api-key\";q=3;w=60", "{limited:?}");
    for status in [200, 200, 429] {
        let answer = Answer::of(platform.post("{version}", json!({})).bearer_auth(&secret)).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_a_second() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let revoke_one = async || {
        let (secret, id) = api_key(&platform, &cookies, None).await;
        let ask = async || Answer::of(platform.post("{version}", json!({})).bearer_auth(&secret)).await;
        assert_eq!(ask().await.status, 200);
        let revoke = "mutation($id: ID!) { revokeApiKey(id: $id) { userErrors { code } } }";
        let answer = platform.as_page(&cookies, revoke, json!({"id": id})).await;
        assert_eq!(answer.body["data"]["revokeApiKey"]["userErrors"], json!([]), "{answer:?}");
        let revoked = Instant::now();
        until_refused(ask).await;
        revoked.elapsed()
    };
    curtail_testkit::within_a_second(revoke_one, "a revoked key is refused").await;
}

#[tokio::test]
async fn a_session_that_ended_is_refused_within_a_second_also_without_redis() {
    let directory = tempfile::tempdir().unwrap();
    let mut redis = curtail_testkit::PrivateRedis::start(directory.path(), curtail_testkit::free_port()).await.unwrap();
    let settings = redis.config(0);
    let platform = Platform::start(|config| config.redis = settings).await;
    for (name, without_redis) in [("ann", false), ("bob", true)] {
        let cookies = platform.register(name).await;
        let access = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-curtail_access=")).unwrap();
        let ask = async || Answer::of(platform.post("{version}", json!({})).bearer_auth(access)).await;
        assert_eq!(ask().await.status, 200);
        if without_redis {
            redis.kill9();
        }
        let out = platform.as_page(&cookies, "mutation { logout { userErrors { code } } }", Value::Null).await;
        assert_eq!(out.body["data"]["logout"]["userErrors"], json!([]), "{out:?}");
        assert!(out.cookies().contains("curtail_access="));
        until_refused(ask).await;
    }
}

#[tokio::test]
async fn who_is_signed_in_can_sign_in_anew_and_use_the_links_of_mails() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let email = "ann@example.org";
    let (password, mailed) = (crate::platform::PASSWORD, "MAIL_TOKEN_INVALID");
    for (mutation, code) in [
        (format!("login(input: {{email: \"{email}\", password: \"{password}\"}})"), None),
        (
            format!("register(input: {{email: \"{email}\", password: \"{password}\", fullName: \"A\"}})"),
            Some("EMAIL_TAKEN"),
        ),
        ("verifyEmail(token: \"x\")".to_owned(), Some(mailed)),
        (format!("resendVerification(email: \"{email}\")"), None),
        (format!("requestPasswordReset(email: \"{email}\")"), None),
        (format!("resetPassword(token: \"x\", newPassword: \"{password} 7\")"), Some(mailed)),
        ("refreshSession".to_owned(), None),
    ] {
        let query = format!("mutation {{ done: {mutation} {{ userErrors {{ code }} }} }}");
        let answer = platform.as_page(&cookies, &query, Value::Null).await;
        let errors = code.map_or(json!([]), |code| json!([{"code": code}]));
        assert_eq!(answer.body["data"]["done"]["userErrors"], errors, "{mutation}: {answer:?}");
    }
}
