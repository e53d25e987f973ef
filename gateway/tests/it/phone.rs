//! A telephone number from the first code to the first news, as its owner sees it: the texts are files in the mailbox folder.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::Platform;

const SET: &str = "mutation($number: String!) { setPhoneNumber(number: $number) {
    phoneNumber { number verified } userErrors { field code } } }";
const CONFIRM: &str = "mutation($code: String!) { confirmPhoneNumber(code: $code) {
    phoneNumber { number verified } userErrors { field code } } }";
const ADA: &str = "+15005550001";

/// The texts in the folder, the oldest first; each begins with its recipient.
fn texts(platform: &Platform) -> Vec<String> {
    let Ok(dir) = std::fs::read_dir(&platform.config.notify.mailbox_dir) else { return Vec::new() };
    let mut paths: Vec<_> = dir.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".sms.txt"));
    paths.sort();
    paths.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

async fn arrives(platform: &Platform, piece: &str) -> String {
    let find = || texts(platform).into_iter().find(|text| text.contains(piece));
    curtail_testkit::until(async || find().is_some(), Duration::from_secs(30), "the text is in the folder").await;
    find().unwrap()
}

async fn number(platform: &Platform, cookies: &str) -> Value {
    let answer = platform.as_page(cookies, "{ viewer { phoneNumber { number verified } } }", json!({})).await;
    answer.body["data"]["viewer"]["phoneNumber"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_number_gets_the_news_that_were_switched_on() {
    let platform = Platform::start(|_| ()).await;
    let cookies = platform.register("ada").await;
    assert_eq!(number(&platform, &cookies).await, Value::Null);
    let set = platform.as_page(&cookies, SET, json!({"number": ADA})).await;
    let expected = json!({"phoneNumber": {"number": ADA, "verified": false}, "userErrors": []});
    assert_eq!(set.body["data"]["setPhoneNumber"], expected, "{set:?}");
    let text = arrives(&platform, "is your code").await;
    let (to, text) = text.split_once("\n\n").unwrap();
    assert_eq!(to, format!("To: {ADA}"));
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let confirmed = platform.as_page(&cookies, CONFIRM, json!({"code": code})).await;
    let expected = json!({"phoneNumber": {"number": ADA, "verified": true}, "userErrors": []});
    assert_eq!(confirmed.body["data"]["confirmPhoneNumber"], expected, "{confirmed:?}");
    assert_eq!(number(&platform, &cookies).await, json!({"number": ADA, "verified": true}));

    let update =
        "mutation { updateNotificationPreferences(preferences: [{kind: API_KEY_CREATED, email: true, sms: true}]) {
        preferences { kind sms smsAvailable } userErrors { code } } }";
    let updated = platform.as_page(&cookies, update, json!({})).await;
    let preferences = updated.body["data"]["updateNotificationPreferences"]["preferences"].as_array().unwrap().clone();
    let on: Vec<&Value> = preferences.iter().filter(|one| one["sms"] == true).collect();
    assert_eq!(on, [&json!({"kind": "API_KEY_CREATED", "sms": true, "smsAvailable": true})]);
    let weekly = json!({"kind": "WEEKLY_REPORT", "sms": false, "smsAvailable": false});
    assert!(preferences.contains(&weekly), "{preferences:?}");
    let key =
        "mutation { createApiKey(input: {name: \"deploys\", scopes: [READ]}) { apiKey { id } userErrors { code } } }";
    let key = platform.as_page(&cookies, key, json!({})).await;
    assert_eq!(key.body["data"]["createApiKey"]["userErrors"], json!([]), "{key:?}");
    let news = arrives(&platform, "API key \"deploys\"").await;
    assert!(news.starts_with(&format!("To: {ADA}\n\n")), "{news}");

    let removed = platform.as_page(
        &cookies,
        "mutation { removePhoneNumber { phoneNumber { number } userErrors { code } } }",
        json!({}),
    );
    assert_eq!(removed.await.body["data"]["removePhoneNumber"], json!({"phoneNumber": null, "userErrors": []}));
    assert_eq!(number(&platform, &cookies).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_data_and_limits_are_not() {
    let platform = Platform::start(|_| ()).await;
    let cookies = platform.register("ada").await;
    let errors = async |query: &str, variables: Value, field: &str| {
        platform.as_page(&cookies, query, variables).await.body["data"][field]["userErrors"].clone()
    };
    let set = async |number: &str| errors(SET, json!({"number": number}), "setPhoneNumber").await;
    let confirm = async |code: &str| errors(CONFIRM, json!({"code": code}), "confirmPhoneNumber").await;
    assert_eq!(confirm("123456").await, json!([{"field": null, "code": "PHONE_NUMBER_NOT_SET"}]));
    assert_eq!(set("0500").await, json!([{"field": "number", "code": "PHONE_NUMBER_MALFORMED"}]));
    for _ in 0..3 {
        assert_eq!(set(ADA).await, json!([]));
    }
    assert_eq!(confirm("12345").await, json!([{"field": "code", "code": "PHONE_CODE_MALFORMED"}]));
    let limited = platform.as_page(&cookies, SET, json!({"number": ADA})).await;
    let extensions = &limited.body["errors"][0]["extensions"];
    assert_eq!((limited.code(), &extensions["reason"]), ("RATE_LIMITED", &json!("TOO_MANY_PHONE_CODES")));
    assert!((3_500..=3_600).contains(&extensions["retryAfter"].as_u64().unwrap()), "{limited:?}");
    let anonymous = platform.ask("mutation { removePhoneNumber { userErrors { code } } }").await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
    // Many guesses in one request are refused before one of them is made.
    let many: String =
        (0..10).map(|n| format!("a{n}: confirmPhoneNumber(code: \"{n:06}\") {{ userErrors {{ code }} }} ")).collect();
    let guesses = platform.as_page(&cookies, &format!("mutation {{ {many} }}"), json!({})).await;
    assert_eq!(guesses.code(), "TOO_MANY_CREDENTIAL_MUTATIONS", "{guesses:?}");
}
