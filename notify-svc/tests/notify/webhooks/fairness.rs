//! Receivers do not wait for each other.

use std::time::Duration;

use curtail_proto::notify::v1::DeliveryState;

use super::kit::*;
use super::receiver::{Receiver, Reply, ok};
use crate::world::World;

#[tokio::test]
async fn dead_receivers_do_not_slow_the_others() {
    let mut config = settings().await;
    // Fewer tries at once than the dead ones would like to have, and each of those lasts longer than the test.
    (config.webhooks.concurrency, config.webhooks.endpoint_concurrency) = (16, 4);
    config.webhooks.timeout_ms = 60_000;
    let world = World::with(config).await;
    let dead = Receiver::start(|_, _| Reply::Hang).await;
    let well = Receiver::start(|_, _| ok()).await;
    for _ in 0..2 {
        webhook(&world, &dead.url).await;
    }
    let (webhook, _) = webhook(&world, &well.url).await;
    for n in 0..100 {
        create_link(&world, n).await;
    }
    well.has(100).await;
    // Each of the dead ones has its share and no more.
    curtail_testkit::until(async || dead.count() == 8, SOON, "the dead ones are tried").await;
    let done = async || log(&world, webhook.id).await.iter().all(|one| one.state() == DeliveryState::Delivered);
    curtail_testkit::until(done, Duration::from_secs(30), "all is written").await;
    assert_eq!((dead.count(), well.count()), (8, 100));
    world.shutdown.abort();
}
