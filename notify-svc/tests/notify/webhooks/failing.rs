//! Receivers that do not take what they get.

use curtail_proto::notify::v1::{DeliveryState, RedeliverWebhookRequest};
use time::Duration;

use super::kit::*;
use super::receiver::{Receiver, Reply, ok};
use crate::world::{NOW, World, answer};

#[tokio::test]
async fn f18_a_delivery_outlives_errors_silence_and_cut_connections_under_one_id() {
    let mut config = settings().await;
    config.webhooks.timeout_ms = 300;
    let world = World::with(config).await;
    let receiver = Receiver::start(|number, _| match number {
        0 => Reply::Answer("500 Internal Server Error", "\r\nbroken".into()),
        1 => Reply::Hang,
        2 => Reply::Drop,
        3 => Reply::Answer("302 Found", "location: http://127.0.0.1:1/\r\n".into()),
        _ => ok(),
    })
    .await;
    let (webhook, secret) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    // 5 s, 5 min, 30 min, 2 h, each a fifth longer at the most.
    for (tries, pause) in (1..).zip([6, 360, 2_160, 8_640]) {
        let pending = tried(&world, webhook.id, tries).await;
        assert_eq!(pending.state(), DeliveryState::Pending);
        world.clock.advance(Duration::seconds(pause));
    }
    let done = tried(&world, webhook.id, 5).await;
    assert_eq!(done.state(), DeliveryState::Delivered);
    let seen: Vec<_> = done.attempts.iter().map(|one| (one.number, one.status, one.error.as_str())).collect();
    let expected = [
        (1, 500, ""),
        (2, 0, "there was no answer in time"),
        (3, 0, "the connection ended without an answer"),
        (4, 302, ""),
        (5, 200, ""),
    ];
    assert_eq!(seen, expected);
    let posts = receiver.posts();
    assert!(posts.iter().all(|post| post.id() == done.message_id && post.body == done.body));
    // Each try is signed for its own time.
    assert!(posts.iter().all(|post| post.headers["webhook-signature"] == signature(&secret, post)));
    assert_ne!(posts[0].headers["webhook-timestamp"], posts[4].headers["webhook-timestamp"]);
    assert_eq!(find(&world, webhook.id).await.failing_since, None);
    world.stop().await;
}

#[tokio::test]
async fn f18_after_the_tenth_try_a_delivery_is_given_up_and_can_be_asked_for_again() {
    let mut config = settings().await;
    config.webhooks.disable_after_days = 365;
    let world = World::with(config).await;
    let receiver = Receiver::start(|number, _| match number {
        0..10 => Reply::Answer("503 Service Unavailable", "\r\n".into()),
        _ => ok(),
    })
    .await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    for tries in 1..10 {
        tried(&world, webhook.id, tries).await;
        world.clock.advance(Duration::hours(29));
    }
    let failed = tried(&world, webhook.id, 10).await;
    assert_eq!((failed.state(), failed.due_at), (DeliveryState::Failed, None));
    assert!(find(&world, webhook.id).await.failing_since.is_some());
    let request = owner(&world, RedeliverWebhookRequest { delivery_id: failed.id });
    answer(client(&world).redeliver_webhook(request).await).unwrap();
    let done = tried(&world, webhook.id, 11).await;
    assert_eq!((done.state(), receiver.count()), (DeliveryState::Delivered, 11));
    world.stop().await;
}

#[tokio::test]
async fn f18_what_a_sender_took_to_its_grave_is_sent_by_the_next_one() {
    let config = settings().await;
    let world = World::with(config.clone()).await;
    let receiver = Receiver::start(|number, _| if number == 0 { Reply::Hang } else { ok() }).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    receiver.has(1).await;
    // As near to kill -9 as a task comes: nothing is written of the try that is under way.
    world.shutdown.abort();
    let _ = world.running.join().await;

    let world = World::with(config).await;
    world.clock.set(NOW + Duration::seconds(46));
    let done = tried(&world, webhook.id, 1).await;
    assert_eq!((done.state(), receiver.count()), (DeliveryState::Delivered, 2));
    assert_eq!(receiver.posts()[0].id(), receiver.posts()[1].id());
    world.stop().await;
}

#[tokio::test]
async fn f18_a_receiver_that_names_its_time_is_left_alone_until_then() {
    let world = world().await;
    let receiver = Receiver::start(|number, _| match number {
        0 => Reply::Answer("429 Too Many Requests", "retry-after: 3600\r\n".into()),
        1 => Reply::Answer("503 Service Unavailable", "retry-after: 1\r\n".into()),
        _ => ok(),
    })
    .await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    let seconds = |delivery: &curtail_proto::notify::v1::WebhookDelivery| {
        delivery.due_at.unwrap().seconds - world.clock.now().unix_timestamp()
    };
    let first = tried(&world, webhook.id, 1).await;
    assert!((3_600..3_605).contains(&seconds(&first)), "an hour, not five seconds: {first:?}");
    world.clock.advance(Duration::seconds(3_605));
    let second = tried(&world, webhook.id, 2).await;
    assert!((240..=361).contains(&seconds(&second)), "not sooner than the schedule: {second:?}");
    world.clock.advance(Duration::seconds(361));
    assert_eq!(tried(&world, webhook.id, 3).await.state(), DeliveryState::Delivered);
    world.stop().await;
}

#[tokio::test]
async fn s08_answers_are_read_to_a_bound_and_redirects_not_followed() {
    let world = world().await;
    let trap = Receiver::start(|_, _| ok()).await;
    let location = format!("location: {}\r\n{}", trap.url, "x".repeat(5_000_000));
    let receiver =
        Receiver::start(
            move |number, _| {
                if number == 0 { Reply::Answer("307 Temporary Redirect", location.clone()) } else { ok() }
            },
        )
        .await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    let pending = tried(&world, webhook.id, 1).await;
    assert_eq!((pending.attempts[0].status, pending.attempts[0].answer.len()), (307, 1_024));
    world.clock.advance(Duration::seconds(6));
    assert_eq!(tried(&world, webhook.id, 2).await.state(), DeliveryState::Delivered);
    assert_eq!(trap.count(), 0);
    world.stop().await;
}
