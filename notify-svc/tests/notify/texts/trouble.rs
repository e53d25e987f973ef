//! Trouble at the other end.

use curtail_config::Secret;
use time::{Duration, OffsetDateTime};

use super::api::{Api, error};
use super::kit::*;
use crate::webhooks::receiver::Reply;
use crate::world::{NOW, PATIENCE, World};

async fn due_at(world: &World) -> OffsetDateTime {
    sqlx::query_scalar("SELECT due_at FROM messages").fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_who_is_asked_to_wait_waits_as_long_as_asked() {
    let api = Api::start().await;
    let numbers = numbers(1);
    api.treat(&numbers[0], error("429 Too Many Requests", 20_429, "Retry-After: 7"));
    let world = world(&api).await;
    enqueue(&world, &numbers).await;
    tried(&world, 1).await;
    assert_eq!(due_at(&world).await, NOW + Duration::seconds(7));
    api.forgive(&numbers[0]);
    world.clock.advance(Duration::seconds(7));
    world.settled().await;
    assert_eq!(api.recipients(), numbers);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_errors_of_the_api_are_tried_again_by_the_schedule() {
    let api = Api::start().await;
    let numbers = numbers(1);
    api.treat(&numbers[0], error("500 Internal Server Error", 20_500, ""));
    let world = world(&api).await;
    enqueue(&world, &numbers).await;
    tried(&world, 1).await;
    assert!((27..=33).contains(&(due_at(&world).await - NOW).whole_seconds()));
    world.clock.advance(Duration::seconds(34));
    tried(&world, 2).await;
    api.forgive(&numbers[0]);
    world.clock.advance(Duration::seconds(133));
    world.settled().await;
    assert_eq!(api.recipients(), numbers);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_answers_that_do_not_come_delay_nobody_else() {
    let api = Api::start().await;
    let numbers = numbers(20);
    // One keeps silent, one hangs up.
    api.treat(&numbers[0], Reply::Hang);
    api.treat(&numbers[1], Reply::Drop);
    let mut config = settings(&api.url()).await;
    config.notify.mail_timeout_ms = 500;
    let world = World::with(config).await;
    enqueue(&world, &numbers).await;
    let later = async || -> Vec<String> {
        let query = "SELECT error FROM messages WHERE state = 1 AND attempts = 1 ORDER BY error";
        sqlx::query_scalar(query).fetch_all(&world.pool).await.unwrap()
    };
    curtail_testkit::until(async || later().await.len() == 2, PATIENCE, "two are late").await;
    assert_eq!(later().await, ["the connection ended without an answer", "there was no answer in time"]);
    curtail_testkit::until(async || api.taken().len() == 18, PATIENCE, "the others have their text").await;
    api.forgive(&numbers[0]);
    api.forgive(&numbers[1]);
    world.clock.advance(Duration::seconds(34));
    world.settled().await;
    assert_eq!(api.recipients(), numbers);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_an_api_that_comes_late_gets_each_text_once() {
    let addr = format!("127.0.0.1:{}", curtail_testkit::free_port()).parse().unwrap();
    let world = World::with(settings(&format!("http://{addr}")).await).await;
    enqueue(&world, &numbers(20)).await;
    let tried = async || -> bool {
        sqlx::query_scalar("SELECT count(*) > 0 FROM messages WHERE error <> ''").fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(tried, PATIENCE, "a try in vain").await;
    let api = Api::at(addr).await;
    world.settled().await;
    assert_eq!(api.recipients(), numbers(20), "none is lost, none comes twice");
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM messages WHERE attempts > 0 OR state <> 2")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(counted, 0, "an API that is away uses up no try");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_a_wrong_token_kills_no_text() {
    let api = Api::start().await;
    let mut config = settings(&api.url()).await;
    config.notify.sms_token = Secret::new("of yesterday");
    let world = World::with(config).await;
    enqueue(&world, &numbers(1)).await;
    let refused = async || only(&world).await == (1, 0, "status 401, error 20003".into());
    curtail_testkit::until(refused, PATIENCE, "it waits for an operator").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_mails_that_can_not_leave_hold_up_no_text() {
    let api = Api::start().await;
    let mut config = settings(&api.url()).await;
    config.notify.smtp_url = Secret::new(format!("smtp://127.0.0.1:{}", curtail_testkit::free_port()));
    let world = World::with(config).await;
    let addresses: Vec<String> = (100..160).map(|n| format!("u{n}@example.com")).collect();
    world.enqueue(&addresses).await;
    enqueue(&world, &numbers(20)).await;
    curtail_testkit::until(async || api.taken().len() == 20, PATIENCE, "all texts are out").await;
    let waiting = async |medium: i16| -> i64 {
        let query = sqlx::query_scalar("SELECT count(*) FROM messages WHERE state = 1 AND medium = $1");
        query.bind(medium).fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(async || waiting(2).await == 0, PATIENCE, "all are written down").await;
    assert_eq!(waiting(1).await, 60);
    world.stop().await;
}
