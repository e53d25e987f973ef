//! What tests of webhooks do again and again.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use curtail_config::Config;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkCreated, LinkSnapshot};
use curtail_proto::links::v1::{Link, LinkState};
use curtail_proto::notify::v1::webhook_service_client::WebhookServiceClient;
use curtail_proto::notify::v1::*;
use curtail_rpc::{CallContext, ServiceIdentity};
use curtail_tokens::{Role, Scope};
use hmac::{Hmac, Mac as _};
use prost::Message as _;
use prost_types::Timestamp;
use sha2::Sha256;
use time::OffsetDateTime;

use super::receiver::Post;
use crate::world::{World, answer};

pub const SOON: Duration = Duration::from_secs(30);

/// The workspace of the tests.
pub const WORKSPACE: i64 = 70;

/// Settings with which loopback is a receiver's network, over http.
pub async fn settings() -> Config {
    let mut config = curtail_testkit::config().await;
    config.webhooks.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    config.webhooks.allow_http = true;
    config.streams.claim_idle_ms = 500;
    config.streams.max_deliveries = 3;
    config
}

pub async fn world() -> World {
    World::with(settings().await).await
}

pub fn client(world: &World) -> WebhookServiceClient<curtail_rpc::Channel> {
    let identity = ServiceIdentity::new("tests", &world.config.rpc.service_key, world.clock.clone());
    let url = format!("http://{}", world.running.addr);
    WebhookServiceClient::new(curtail_rpc::connect("notify", &url, &world.config.rpc, identity).unwrap())
}

/// A request of an owner of [`WORKSPACE`].
pub fn owner<T>(world: &World, message: T) -> tonic::Request<T> {
    world.request_as(1, None, message)
}

/// A request of someone with this role in that workspace, by a key when scopes are given.
pub fn somebody<T>(
    world: &World,
    role: Role,
    workspace: i64,
    scopes: Option<Vec<Scope>>,
    message: T,
) -> tonic::Request<T> {
    let token = world.token(2, role, workspace, scopes);
    CallContext::new(Instant::now() + Duration::from_secs(10)).on_behalf_of(token).read().request(message)
}

pub fn new_webhook(url: &str, events: &[&str]) -> CreateWebhookRequest {
    CreateWebhookRequest {
        workspace_id: WORKSPACE,
        url: url.into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        ..Default::default()
    }
}

/// A webhook for new links, and its secret.
pub async fn webhook(world: &World, url: &str) -> (Webhook, String) {
    let made = client(world).create_webhook(owner(world, new_webhook(url, &["link.created"]))).await;
    let made = answer(made).unwrap();
    (made.webhook.unwrap(), made.secret)
}

pub async fn find(world: &World, id: i64) -> Webhook {
    let request = owner(world, ListWebhooksRequest { workspace_id: WORKSPACE });
    let all = answer(client(world).list_webhooks(request).await).unwrap().webhooks;
    all.into_iter().find(|webhook| webhook.id == id).unwrap()
}

/// The log of a webhook, newest first.
pub async fn log(world: &World, webhook_id: i64) -> Vec<WebhookDelivery> {
    let request = ListWebhookDeliveriesRequest { webhook_id, limit: 100, ..Default::default() };
    let page = answer(client(world).list_webhook_deliveries(owner(world, request)).await).unwrap();
    page.entries.into_iter().filter_map(|entry| entry.delivery).collect()
}

/// Waits until the newest delivery has so many tries, and gives it back.
pub async fn tried(world: &World, webhook_id: i64, tries: usize) -> WebhookDelivery {
    let what = format!("{tries} tries are in the log");
    let has = async || log(world, webhook_id).await.first().is_some_and(|newest| newest.attempts.len() >= tries);
    curtail_testkit::until(has, SOON, &what).await;
    log(world, webhook_id).await.remove(0)
}

/// A link that was made, as event number `n`.
pub fn created(n: u8, at: OffsetDateTime) -> Envelope {
    let link = Link { id: n.into(), title: format!("Link {n}"), state: LinkState::Active.into(), ..Link::default() };
    Envelope {
        event_id: vec![n; 16],
        occurred_at: Some(Timestamp { seconds: at.unix_timestamp(), nanos: 0 }),
        workspace_id: WORKSPACE,
        payload: Some(Payload::LinkCreated(LinkCreated {
            snapshot: Some(LinkSnapshot { link: Some(link), target: None }),
        })),
        ..Envelope::default()
    }
}

/// Puts a payload on a stream as a relay would.
pub async fn publish(world: &World, stream: &str, payload: Vec<u8>) {
    let redis = curtail_streams::connect(&world.config.redis).await.unwrap();
    curtail_streams::append(&redis, stream, vec![(curtail_streams::ENVELOPE_FIELD, Bytes::from(payload))])
        .await
        .unwrap();
}

/// Publishes that link number `n` was made now.
pub async fn create_link(world: &World, n: u8) {
    publish(world, "links", created(n, world.clock.now()).encode_to_vec()).await;
}

/// The signature that a receiver computes.
pub fn signature(secret: &str, post: &Post) -> String {
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", post.id(), post.headers["webhook-timestamp"], post.body).as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}
