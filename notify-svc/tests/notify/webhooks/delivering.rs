//! What arrives.

use curtail_proto::events::v1::TrafficSpike;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::notify::v1::{DeliveryState, RedeliverWebhookRequest, TestWebhookRequest};
use prost::Message as _;
use serde_json::json;

use super::kit::*;
use super::receiver::{Receiver, ok};
use crate::world::{NOW, answer};

#[tokio::test]
async fn an_event_arrives_signed_once_for_each_webhook_that_wants_it() {
    let world = world().await;
    let (one, two) = (Receiver::start(|_, _| ok()).await, Receiver::start(|_, _| ok()).await);
    let other = Receiver::start(|_, _| ok()).await;
    let (first, secret) = webhook(&world, &one.url).await;
    webhook(&world, &two.url).await;
    let spikes = client(&world).create_webhook(owner(&world, new_webhook(&other.url, &["alert.spike"]))).await;
    let spikes = answer(spikes).unwrap().webhook.unwrap();

    create_link(&world, 1).await;
    one.has(1).await;
    two.has(1).await;
    let post = one.posts().remove(0);
    assert_eq!(post.line, "POST /hook HTTP/1.1");
    assert_eq!(post.headers["content-type"], "application/json");
    assert!(post.headers["user-agent"].starts_with("Curtail-Webhooks/"));
    assert_eq!(post.headers["webhook-timestamp"], NOW.unix_timestamp().to_string());
    assert_eq!(post.headers["webhook-signature"], signature(&secret, &post));
    assert_eq!(post.id(), format!("msg_{}", "01".repeat(16)));
    assert_eq!(two.posts()[0].id(), post.id());
    assert_eq!(
        (&post.json()["type"], &post.json()["data"]["link"]["title"]),
        (&json!("link.created"), &json!("Link 1"))
    );
    for header in ["cookie", "authorization", "referer", "traceparent"] {
        assert!(!post.headers.contains_key(header), "{header}");
    }

    let delivery = tried(&world, first.id, 1).await;
    assert_eq!((delivery.state(), delivery.body.as_str()), (DeliveryState::Delivered, post.body.as_str()));
    let attempt = &delivery.attempts[0];
    assert_eq!((attempt.number, attempt.status, attempt.answer.as_str()), (1, 200, "fine"));

    let spike = TrafficSpike { link_id: 5, clicks: 900, expected: 30, window_start: None };
    let mut envelope = created(9, NOW);
    envelope.payload = Some(Payload::TrafficSpike(spike));
    publish(&world, "alerts", envelope.encode_to_vec()).await;
    other.has(1).await;
    let data = other.posts()[0].json()["data"].clone();
    assert_eq!((&data["linkId"], &data["clicks"], &data["expected"]), (&json!("5"), &json!(900), &json!(30)));
    tried(&world, spikes.id, 1).await;
    assert_eq!((one.count(), two.count(), other.count()), (1, 1, 1));
    world.stop().await;
}

#[tokio::test]
async fn a_test_and_a_second_delivery_are_sent_on_request() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    let request = owner(&world, TestWebhookRequest { webhook_id: webhook.id });
    let pending = answer(client(&world).test_webhook(request).await).unwrap().delivery.unwrap();
    assert_eq!((pending.event_type.as_str(), pending.state()), ("test", DeliveryState::Pending));
    receiver.has(1).await;
    assert_eq!(receiver.posts()[0].json()["data"]["webhookId"], webhook.id.to_string());
    let done = tried(&world, webhook.id, 1).await;
    assert_eq!((done.state(), done.due_at), (DeliveryState::Delivered, None));

    let request = owner(&world, RedeliverWebhookRequest { delivery_id: done.id });
    let again = answer(client(&world).redeliver_webhook(request).await).unwrap().delivery.unwrap();
    assert_eq!(again.message_id, pending.message_id);
    let done = tried(&world, webhook.id, 2).await;
    assert_eq!(done.attempts.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2]);
    let posts = receiver.posts();
    assert_eq!((posts[0].id(), &posts[0].body), (posts[1].id(), &posts[1].body));
    world.stop().await;
}
