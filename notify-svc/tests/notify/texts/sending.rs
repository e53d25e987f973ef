//! From a row to the other side of the API.

use notify_svc::admin;
use notify_svc::store::messages;

use super::api::{Api, FROM, error};
use super::kit::*;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_one_form_with_three_fields() {
    let api = Api::start().await;
    let world = world(&api).await;
    enqueue(&world, &numbers(1)).await;
    world.settled().await;
    let taken = api.taken();
    assert_eq!(taken.len(), 1);
    let fields: Vec<(&str, &str)> = taken[0].iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = "Curtail: Learn Rust has ended on 21 November 2026 at 12:00 UTC.";
    assert_eq!(fields, [("Body", body), ("From", FROM), ("To", "+15005551100")]);
    let kept: String = sqlx::query_scalar("SELECT data::text FROM messages").fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept, "{}", "what was sent is forgotten");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_messaging_service_chooses_who_it_comes_from() {
    let api = Api::start().await;
    let mut config = settings(&api.url()).await;
    config.notify.sms_from = format!("MG{}", "0f".repeat(16));
    let world = World::with(config).await;
    enqueue(&world, &numbers(1)).await;
    world.settled().await;
    let taken = api.taken().remove(0);
    assert_eq!((taken.get("MessagingServiceSid"), taken.get("From")), (Some(&world.config.notify.sms_from), None));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_hostile_text_becomes_no_second_recipient_or_parameter() {
    let hostile = [
        "x&To=+15005559999&From=+15005559998",
        "x\r\nTo: +15005559999\r\n\r\nBody=y",
        "x%26To%3D%2B15005559999",
        "{{ url }}{% raw %}",
        "https://evil.example/login",
        "ä+b c\0&MediaUrl=https://evil.example/x.png",
    ];
    let api = Api::start().await;
    let world = world(&api).await;
    let numbers = numbers(hostile.len());
    let mut rows: Vec<_> = numbers.iter().zip(hostile).map(|(number, title)| expired(number, title)).collect();
    // PostgreSQL takes no NUL; a title has none either.
    rows.iter_mut().for_each(|row| row.data["title"] = row.data["title"].as_str().unwrap().replace('\0', "").into());
    messages::add(&world.pool, &rows, world.clock.now()).await.unwrap();
    world.settled().await;
    // The API takes nothing but the three fields, each once.
    assert_eq!(api.recipients(), numbers);
    for form in api.taken() {
        let body = &form["Body"];
        assert!(form["From"] == FROM && !body.contains(char::is_control), "{form:?}");
        assert!(!body.contains("https://") && !body.contains("evil.example"), "{body}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_what_is_refused_is_dead_until_it_is_redriven_and_the_rest_goes_out() {
    let api = Api::start().await;
    let all = numbers(3);
    api.treat(&all[1], error("400 Bad Request", 21_610, ""));
    let world = world(&api).await;
    enqueue(&world, &all).await;
    world.settled().await;
    assert_eq!(api.recipients(), [all[0].clone(), all[2].clone()]);
    let dead = admin::dead(&world.config).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].address.as_str(), dead[0].error.as_str()), (all[1].as_str(), "status 400, error 21610"));
    api.forgive(&all[1]);
    assert_eq!(admin::redrive(&world.config, Some(&dead[0].id)).await.unwrap(), 1);
    // The operator's clock is the real one.
    let due = sqlx::query_scalar("SELECT max(due_at) FROM messages").fetch_one(&world.pool).await.unwrap();
    world.clock.set(due);
    world.settled().await;
    assert_eq!(api.recipients(), all);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_two_processes_send_each_text_once() {
    let api = Api::start().await;
    let world = world(&api).await;
    let twin = world.twin().await;
    enqueue(&world, &numbers(100)).await;
    world.settled().await;
    assert_eq!(api.recipients(), numbers(100));
    world.stop().await;
    twin.join().await.unwrap();
}
