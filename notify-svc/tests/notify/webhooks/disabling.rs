//! Webhooks that are given up.

use bytes::Bytes;
use curtail_config::Secret;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::notify::v1::{DeliveryState, DisabledReason, UpdateWebhookRequest};
use fred::interfaces::StreamsInterface as _;
use mail_parser::MessageParser;
use prost::Message as _;
use time::Duration;

use super::kit::*;
use super::receiver::{Receiver, Reply, ok};
use crate::events::account;
use crate::receiver::Receiver as MailReceiver;
use crate::world::{NOW, PATIENCE, World, answer};

/// What the stream `alerts` says, once it says anything.
async fn notices(world: &World) -> Vec<Payload> {
    let redis = curtail_streams::connect(&world.config.redis).await.unwrap();
    let entries = async || {
        redis.xrange_values::<String, String, Bytes, _, _, _>("alerts", "-", "+", None).await.unwrap_or_default()
    };
    curtail_testkit::until(async || !entries().await.is_empty(), SOON, "a notice is published").await;
    let payload = |fields: &std::collections::HashMap<String, Bytes>| {
        Envelope::decode(fields[curtail_streams::ENVELOPE_FIELD].clone()).unwrap().payload.unwrap()
    };
    entries().await.iter().map(|(_, fields)| payload(fields)).collect()
}

#[tokio::test]
async fn f18_a_receiver_that_is_gone_is_left_alone_at_once() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| Reply::Answer("410 Gone", "\r\n".into())).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    assert_eq!(tried(&world, webhook.id, 1).await.state(), DeliveryState::Failed);
    let disabled = find(&world, webhook.id).await;
    assert_eq!((disabled.enabled, disabled.disabled_reason()), (false, DisabledReason::Gone));
    let notices = notices(&world).await;
    let [Payload::WebhookDisabled(notice)] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((notice.webhook_id, notice.creator_id, notice.gone), (webhook.id, 1, true));
    assert_eq!(notice.url, receiver.url);
    assert_eq!(disabled.disabled_at.map(|at| at.seconds), Some(NOW.unix_timestamp()));

    // Others still get what it no longer gets.
    let other = Receiver::start(|_, _| ok()).await;
    super::kit::webhook(&world, &other.url).await;
    create_link(&world, 2).await;
    other.has(1).await;
    assert_eq!((log(&world, webhook.id).await.len(), receiver.count()), (1, 1));
    world.stop().await;
}

#[tokio::test]
async fn f18_days_of_failures_disable_a_webhook_until_it_is_enabled_again() {
    let world = world().await;
    let receiver = Receiver::start(|number, _| if number < 3 { Reply::Drop } else { ok() }).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    tried(&world, webhook.id, 1).await;
    let failing_since = find(&world, webhook.id).await.failing_since;
    assert_eq!(failing_since.map(|at| at.seconds), Some(NOW.unix_timestamp()));
    world.clock.set(NOW + Duration::days(5) - Duration::SECOND);
    tried(&world, webhook.id, 2).await;
    assert!(find(&world, webhook.id).await.enabled);
    world.clock.advance(Duration::hours(1));
    let pending = tried(&world, webhook.id, 3).await;
    assert_eq!(pending.state(), DeliveryState::Pending);
    let disabled = find(&world, webhook.id).await;
    assert_eq!((disabled.enabled, disabled.disabled_reason()), (false, DisabledReason::Failing));
    assert!(matches!(notices(&world).await.as_slice(), [Payload::WebhookDisabled(notice)] if !notice.gone));

    // What waited goes on, and its past is forgotten.
    world.clock.advance(Duration::days(2));
    let change = UpdateWebhookRequest { webhook_id: webhook.id, enabled: Some(true), ..Default::default() };
    let enabled = answer(client(&world).update_webhook(owner(&world, change)).await).unwrap().webhook.unwrap();
    assert_eq!((enabled.disabled_reason(), enabled.failing_since), (DisabledReason::Unspecified, None));
    assert_eq!(tried(&world, webhook.id, 4).await.state(), DeliveryState::Delivered);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_who_made_a_webhook_gets_a_mail_when_it_is_disabled() {
    let mails = MailReceiver::start().await;
    let mut config = settings().await;
    config.notify.smtp_url = Secret::new(mails.url());
    let world = World::with_people_in(config).await;
    // The first made it; the second is a member of the same workspace.
    account(&world, 1, true).await;
    account(&world, 2, true).await;
    let receiver = Receiver::start(|_, _| Reply::Drop).await;
    let (webhook, _) = webhook(&world, &format!("{}?key=of-the-receiver", receiver.url)).await;
    create_link(&world, 1).await;
    tried(&world, webhook.id, 1).await;
    world.clock.set(NOW + Duration::days(5));
    tried(&world, webhook.id, 2).await;
    assert_eq!(find(&world, webhook.id).await.disabled_reason(), DisabledReason::Failing);
    curtail_testkit::until(async || !mails.received().is_empty(), PATIENCE, "the mail arrives").await;
    world.settled().await;
    assert_eq!(mails.recipients(), ["member1@example.com"]);
    let mail = MessageParser::default().parse(&mails.received()[0].1).unwrap().into_owned();
    assert_eq!(mail.subject(), Some("A webhook was disabled"));
    let text = mail.body_text(0).unwrap();
    assert!(text.contains("26 November 2026 at 12:00 UTC") && text.contains("has failed for days"), "{text}");
    assert!(!text.contains("of-the-receiver"), "{text}");
    world.stop().await;
}
