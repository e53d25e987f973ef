//! What may be entered.

use curtail_proto::notify::v1::update_webhook_request::EventTypes;
use curtail_proto::notify::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, DisabledReason, TestWebhookRequest, UpdateWebhookRequest,
};

use super::kit::*;
use crate::world::{World, answer};

async fn refused(world: &World, request: CreateWebhookRequest) -> (String, Option<String>) {
    let error = answer(client(world).create_webhook(owner(world, request)).await).unwrap_err();
    (error.reason.into_owned(), error.field.map(std::borrow::Cow::into_owned))
}

#[tokio::test]
async fn s08_urls_into_private_networks_are_refused_when_they_are_entered() {
    let world = World::start().await;
    for (url, reason) in [
        ("https://127.0.0.1/", "URL_PRIVATE_ADDRESS"),
        ("https://[::ffff:169.254.169.254]/", "URL_PRIVATE_ADDRESS"),
        ("https://2130706433/", "URL_PRIVATE_ADDRESS"),
        ("http://hooks.example/", "URL_SCHEME"),
        ("https://a:b@hooks.example/", "URL_CREDENTIALS"),
        ("https://hooks.example:25/", "URL_PORT"),
    ] {
        let error = refused(&world, new_webhook(url, &["link.created"])).await;
        assert_eq!(error, (reason.into(), Some("url".into())), "{url}");
    }
    let (webhook, _) = webhook(&world, "https://hooks.example").await;
    assert_eq!(webhook.url, "https://hooks.example/");
    let change =
        UpdateWebhookRequest { webhook_id: webhook.id, url: Some("https://10.0.0.1".into()), ..Default::default() };
    let error = answer(client(&world).update_webhook(owner(&world, change)).await).unwrap_err();
    assert_eq!(error.reason, "URL_PRIVATE_ADDRESS");
    world.stop().await;
}

#[tokio::test]
async fn what_is_entered_has_bounds() {
    let world = World::start().await;
    let url = "https://hooks.example/";
    assert_eq!(refused(&world, new_webhook(url, &[])).await.0, "EVENTS_REQUIRED");
    assert_eq!(refused(&world, new_webhook(url, &["test"])).await.0, "EVENT_UNKNOWN");
    let described =
        |chars| CreateWebhookRequest { description: "ä".repeat(chars), ..new_webhook(url, &["link.created"]) };
    assert_eq!(refused(&world, described(201)).await, ("DESCRIPTION_TOO_LONG".into(), Some("description".into())));
    answer(client(&world).create_webhook(owner(&world, described(200))).await).unwrap();
    for _ in 1..20 {
        webhook(&world, url).await;
    }
    assert_eq!(refused(&world, described(1)).await.0, "WEBHOOKS_PER_WORKSPACE");
    world.stop().await;
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let world = World::start().await;
    let (webhook, _) = webhook(&world, "https://hooks.example/").await;
    let update =
        async |change| answer(client(&world).update_webhook(owner(&world, change)).await).unwrap().webhook.unwrap();
    let events = Some(EventTypes { names: vec!["link.deleted".into(), "alert.spike".into(), "link.deleted".into()] });
    let changed = update(UpdateWebhookRequest { webhook_id: webhook.id, events, ..Default::default() }).await;
    assert_eq!((changed.events, changed.url), (vec!["alert.spike".into(), "link.deleted".into()], webhook.url.clone()));
    let off = update(UpdateWebhookRequest { webhook_id: webhook.id, enabled: Some(false), ..Default::default() }).await;
    assert_eq!((off.enabled, off.disabled_reason()), (false, DisabledReason::Manual));
    let error = client(&world).test_webhook(owner(&world, TestWebhookRequest { webhook_id: webhook.id })).await;
    assert_eq!(answer(error).unwrap_err().reason, "WEBHOOK_DISABLED");
    answer(client(&world).delete_webhook(owner(&world, DeleteWebhookRequest { webhook_id: webhook.id })).await)
        .unwrap();
    let error = client(&world).delete_webhook(owner(&world, DeleteWebhookRequest { webhook_id: webhook.id })).await;
    assert_eq!(answer(error).unwrap_err().reason, "WEBHOOK_NOT_FOUND");
    world.stop().await;
}
