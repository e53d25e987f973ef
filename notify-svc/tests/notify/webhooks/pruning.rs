//! What leaves the log of deliveries.

use curtail_proto::notify::v1::{DeleteWebhookRequest, DeliveryState};
use time::Duration;

use super::kit::*;
use super::receiver::{Receiver, Reply, ok};
use crate::world::{NOW, World, answer};

/// Deliveries and tries that are kept.
async fn kept(world: &World) -> (i64, i64) {
    let sql = "SELECT (SELECT count(*) FROM webhook_deliveries), (SELECT count(*) FROM webhook_attempts)";
    sqlx::query_as(sql).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test]
async fn the_log_keeps_what_is_finished_for_its_days_and_what_waits_for_longer() {
    let config = settings().await;
    let world = World::with(config.clone()).await;
    let receiver = Receiver::start(|number, _| match number {
        0 => ok(),
        _ => Reply::Answer("500 Internal Server Error", "\r\n".into()),
    })
    .await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    for n in [1, 2] {
        create_link(&world, n).await;
        tried(&world, webhook.id, 1).await;
        let logged = async || log(&world, webhook.id).await.len() == usize::from(n);
        curtail_testkit::until(logged, SOON, "each link has its delivery").await;
    }
    tried(&world, webhook.id, 1).await;
    assert_eq!(kept(&world).await, (2, 2));
    world.stop().await;

    // The upkeep looks when it starts and then every hour.
    let world = World::at(config.clone(), NOW + Duration::days(30)).await;
    assert_eq!(log(&world, webhook.id).await.last().unwrap().state(), DeliveryState::Delivered, "the last day counts");
    world.stop().await;
    let world = World::at(config, NOW + Duration::days(30) + Duration::MINUTE).await;
    let pruned = async || log(&world, webhook.id).await.len() == 1;
    curtail_testkit::until(pruned, SOON, "what is finished goes, with its tries").await;
    assert_ne!(log(&world, webhook.id).await[0].state(), DeliveryState::Delivered);
    answer(client(&world).delete_webhook(owner(&world, DeleteWebhookRequest { webhook_id: webhook.id })).await)
        .unwrap();
    let (config, later) = (world.config.clone(), world.clock.now());
    world.stop().await;
    let world = World::at(config, later).await;
    let gone = async || kept(&world).await == (0, 0);
    curtail_testkit::until(gone, SOON, "a webhook takes its log along").await;
    world.stop().await;
}
