//! What tests of text messages do again and again.

use curtail_config::{Config, Secret};
use curtail_proto::notify::v1::*;
use curtail_rpc::Error;
use notify_svc::store::messages::{self, Medium, Row};
use serde_json::{Value, json};

use super::api::{ACCOUNT, Api, FROM, TOKEN};
use crate::world::{NOW, PATIENCE, World, answer};

/// Settings with which text messages go to an API.
pub async fn settings(url: &str) -> Config {
    let mut config = curtail_testkit::config().await;
    config.notify.sms_url = url.to_owned();
    (config.notify.sms_account, config.notify.sms_from) = (ACCOUNT.into(), FROM.into());
    config.notify.sms_token = Secret::new(TOKEN);
    config
}

pub async fn world(api: &Api) -> World {
    World::with(settings(&api.url()).await).await
}

pub async fn set(world: &World, user: i64, number: &str) -> Result<PhoneNumber, Error> {
    let request = world.request_as(user, None, SetPhoneNumberRequest { number: number.into() });
    answer(world.client().set_phone_number(request).await).map(|answer| answer.phone_number.unwrap())
}

pub async fn confirm(world: &World, user: i64, code: &str) -> Result<PhoneNumber, Error> {
    let request = world.request_as(user, None, ConfirmPhoneNumberRequest { code: code.into() });
    answer(world.client().confirm_phone_number(request).await).map(|answer| answer.phone_number.unwrap())
}

pub async fn get(world: &World, user: i64) -> Option<PhoneNumber> {
    let request = world.request_as(user, None, GetPhoneNumberRequest {});
    answer(world.client().get_phone_number(request).await).unwrap().phone_number
}

pub async fn remove(world: &World, user: i64) {
    let request = world.request_as(user, None, RemovePhoneNumberRequest {});
    answer(world.client().remove_phone_number(request).await).unwrap();
}

/// The code of the last of so many texts to a number.
pub async fn code(api: &Api, number: &str, texts: usize) -> String {
    let what = format!("{texts} texts to {number}");
    curtail_testkit::until(async || api.texts(number).len() >= texts, PATIENCE, &what).await;
    let text = api.texts(number).remove(texts - 1);
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    assert_eq!(text, format!("Curtail: {code} is your code. It is good for 10 minutes. We never ask you for it."));
    code
}

/// Another code than this one.
pub fn other(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Sets and confirms the number of a user, who has got no text yet.
pub async fn confirmed(world: &World, api: &Api, user: i64, number: &str) {
    set(world, user, number).await.unwrap();
    let code = code(api, number, 1).await;
    assert!(confirm(world, user, &code).await.unwrap().verified);
}

/// Switches text messages of a kind on, and its mails as wished.
pub async fn want(world: &World, user: i64, kind: NotificationKind, email: bool) {
    let preference = Preference { kind: kind.into(), email, sms: Some(true), ..Preference::default() };
    let message = UpdatePreferencesRequest { preferences: vec![preference] };
    answer(world.client().update_preferences(world.request_as(user, None, message)).await).unwrap();
}

/// Keeps a text message for each number, due at once.
pub async fn enqueue(world: &World, numbers: &[String]) {
    let rows: Vec<Row> = numbers.iter().map(|number| expired(number, "Learn Rust")).collect();
    messages::add(&world.pool, &rows, world.clock.now()).await.unwrap();
}

/// A text message to a number about a link of this title.
pub fn expired(number: &str, title: &str) -> Row {
    let mut id = number.as_bytes().to_vec();
    id.resize(16, 0);
    let data: Value = json!({"title": title, "at": "2026-11-21T12:00:00Z", "exhausted": false, "clicks": 0});
    Row {
        id,
        medium: Medium::Text,
        kind: "link-expired".into(),
        user_id: Some(1),
        workspace_id: 70,
        address: number.into(),
        full_name: String::new(),
        data,
        attempts: 0,
        created_at: NOW,
        error: String::new(),
    }
}

pub fn numbers(count: usize) -> Vec<String> {
    (100..100 + count).map(|n| format!("+15005551{n}")).collect()
}

/// State, tries and last error of the only message.
pub async fn only(world: &World) -> (i16, i32, String) {
    sqlx::query_as("SELECT state, attempts, error FROM messages").fetch_one(&world.pool).await.unwrap()
}

/// Waits until the only message had so many tries.
pub async fn tried(world: &World, attempts: i32) {
    let what = format!("{attempts} tries");
    curtail_testkit::until(async || only(world).await.1 == attempts, PATIENCE, &what).await;
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().reason.into_owned()
}
