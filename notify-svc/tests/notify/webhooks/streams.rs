//! What the streams may do to us.

use std::time::Duration;

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{AccountErased, Envelope, LinkCreated};
use prost::Message as _;

use super::kit::*;
use super::receiver::{Receiver, ok};
use crate::world::NOW;

#[tokio::test]
async fn f08_events_that_come_three_times_and_out_of_order_are_posted_once() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    for n in [3, 1, 2, 2, 3, 1, 1, 3, 2, 4] {
        create_link(&world, n).await;
    }
    receiver.has(4).await;
    curtail_testkit::until(
        async || log(&world, webhook.id).await.iter().all(|one| one.attempts.len() == 1),
        SOON,
        "all done",
    )
    .await;
    let mut ids: Vec<_> = receiver.posts().iter().map(|post| post.id().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, [1, 2, 3, 4].map(|n| format!("msg_{}", format!("{n:02x}").repeat(16))));
    world.stop().await;
}

#[tokio::test]
async fn f09_poison_lands_in_the_dead_letters_and_nothing_else_stops() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    webhook(&world, &receiver.url).await;
    let good = created(1, NOW).encode_to_vec();
    let empty = Envelope { payload: Some(Payload::LinkCreated(LinkCreated::default())), ..created(7, NOW) };
    let unnamed = Envelope { event_id: vec![7; 3], ..created(7, NOW) };
    let timeless = Envelope { occurred_at: None, ..created(7, NOW) };
    let poison = [
        good[..good.len() - 3].to_vec(),
        vec![0xff; 1 << 20],
        b"\x0a\xff\xff\xff\xff\x0f".to_vec(),
        empty.encode_to_vec(),
        unnamed.encode_to_vec(),
        timeless.encode_to_vec(),
    ];
    let count = poison.len();
    for payload in poison {
        publish(&world, "links", payload).await;
    }
    create_link(&world, 1).await;
    receiver.has(1).await;
    let redis = curtail_streams::connect(&world.config.redis).await.unwrap();
    // Mails are made of the same stream and put aside what they cannot read either.
    let letters = curtail_streams::DeadLetters::of(redis, "links");
    let ours = async || letters.heads().await.unwrap().iter().filter(|head| head.group == "webhooks").count();
    curtail_testkit::until(async || ours().await == count, Duration::from_secs(30), "each is a dead letter").await;
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_is_not_told_what_happened_before_it_was_made() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    webhook(&world, &receiver.url).await;
    publish(&world, "links", created(1, NOW - time::Duration::SECOND).encode_to_vec()).await;
    create_link(&world, 2).await;
    receiver.has(1).await;
    assert_eq!(receiver.posts()[0].json()["data"]["link"]["id"], "2");
    world.stop().await;
}

#[tokio::test]
async fn webhooks_end_with_their_workspace() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    let erased = AccountErased { user_id: 1, workspace_ids: vec![WORKSPACE] };
    let envelope = Envelope { payload: Some(Payload::AccountErased(erased)), ..created(5, NOW) };
    publish(&world, "accounts", envelope.encode_to_vec()).await;
    let request = || curtail_proto::notify::v1::ListWebhooksRequest { workspace_id: WORKSPACE };
    let left = async || client(&world).list_webhooks(owner(&world, request())).await.unwrap().into_inner().webhooks;
    curtail_testkit::until(async || left().await.is_empty(), SOON, "it is gone").await;
    let refused = client(&world)
        .test_webhook(owner(&world, curtail_proto::notify::v1::TestWebhookRequest { webhook_id: webhook.id }))
        .await
        .unwrap_err();
    assert_eq!(curtail_rpc::Error::from_status(&refused).reason, "WEBHOOK_NOT_FOUND");
    world.stop().await;
}
