//! Secrets are shown once, sealed, and rotated without a gap.

use curtail_proto::notify::v1::RotateWebhookSecretRequest;
use time::Duration;

use super::kit::*;
use super::receiver::{Receiver, ok};
use crate::world::answer;

#[tokio::test]
async fn s08_a_secret_is_shown_once_and_sealed_in_the_database() {
    let world = world().await;
    let (webhook, secret) = webhook(&world, "https://hooks.example/x").await;
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{}", secret.len());
    assert!(!format!("{:?}", find(&world, webhook.id).await).contains("whsec"));
    let pool = curtail_db::connect(&world.config.database, "notify").await.unwrap();
    let row: String = sqlx::query_scalar("SELECT w::text FROM webhooks w WHERE id = $1")
        .bind(webhook.id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(row.contains("v4.local.") && !row.contains(&secret["whsec_".len()..]), "{row}");
    world.stop().await;
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, old) = webhook(&world, &receiver.url).await;
    let rotate = RotateWebhookSecretRequest { webhook_id: webhook.id };
    let rotated = answer(client(&world).rotate_webhook_secret(owner(&world, rotate)).await).unwrap();
    let new = rotated.secret;
    assert_ne!(new, old);

    world.clock.advance(Duration::DAY - Duration::SECOND);
    create_link(&world, 1).await;
    receiver.has(1).await;
    let post = &receiver.posts()[0];
    let both = format!("{} {}", signature(&new, post), signature(&old, post));
    assert_eq!(post.headers["webhook-signature"], both);

    world.clock.advance(Duration::SECOND);
    create_link(&world, 2).await;
    receiver.has(2).await;
    let post = &receiver.posts()[1];
    assert_eq!(post.headers["webhook-signature"], signature(&new, post));
    world.stop().await;
}
