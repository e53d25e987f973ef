//! From a mutation to a signed POST at a receiver, and back into the log.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use curtail_config::Config;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::platform::Platform;

const SOON: Duration = Duration::from_secs(30);

const CREATE: &str = "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id url events enabled description } userErrors { field code } } }";
const LOG: &str = "query($id: ID!) { webhookDeliveries(webhookId: $id, first: 10) { edges { node { id eventType state messageId attempts { number status answer error } } } pageInfo { hasNextPage } } }";

type Posts = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A receiver that takes everything.
async fn receiver() -> (String, Posts) {
    let posts = Posts::default();
    let take = |State(posts): State<Posts>, headers: HeaderMap, body: String| async move {
        posts.lock().unwrap().push((headers, body));
        (StatusCode::ACCEPTED, "thanks")
    };
    let app = axum::Router::new().route("/hook", axum::routing::post(take)).with_state(Arc::clone(&posts));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, posts)
}

fn allow_loopback(config: &mut Config) {
    config.webhooks.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    config.webhooks.allow_http = true;
}

/// The signature as a receiver computes it.
fn signature(secret: &str, headers: &HeaderMap, body: &str) -> String {
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let header = |name: &str| headers[name].to_str().unwrap();
    mac.update(format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

async fn data(platform: &Platform, cookies: &str, query: &str, variables: Value) -> Value {
    let answer = platform.as_page(cookies, query, variables).await;
    assert!(answer.body.get("errors").is_none(), "{answer:?}");
    answer.body["data"].clone()
}

#[tokio::test]
async fn a_new_link_is_posted_signed_and_logged() {
    let platform = Platform::start(allow_loopback).await;
    let ann = platform.register("ann").await;
    let (url, posts) = receiver().await;
    let input = json!({"url": url, "description": "CRM", "events": ["LINK_CREATED", "LINK_DELETED"]});
    let made = data(&platform, &ann, CREATE, json!({"input": input})).await["createWebhook"].clone();
    assert_eq!(made["userErrors"], json!([]), "{made}");
    let (id, secret) = (json!({"id": made["webhook"]["id"]}), made["secret"].as_str().unwrap().to_owned());
    assert_eq!(made["webhook"]["events"], json!(["LINK_CREATED", "LINK_DELETED"]));

    // Bulk changes are told one by one.
    let links = json!([{"url": "https://example.org/a", "alias": "one"}, {"url": "https://example.org/b"}]);
    let bulk = "mutation($input: CreateLinksInput!) { createLinks(input: $input) { outcomes { link { id } } } }";
    data(&platform, &ann, bulk, json!({"input": {"links": links}})).await;
    curtail_testkit::until(async || posts.lock().unwrap().len() == 2, SOON, "both links are told").await;
    for (headers, body) in posts.lock().unwrap().clone() {
        assert_eq!(headers["webhook-signature"], signature(&secret, &headers, &body));
        assert_eq!(headers["content-type"], "application/json");
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(told["type"], "link.created");
        assert!(told["data"]["link"]["url"].as_str().unwrap().starts_with("https://example.org/"), "{told}");
    }

    let log = async || data(&platform, &ann, LOG, id.clone()).await["webhookDeliveries"]["edges"].clone();
    curtail_testkit::until(async || log().await[0]["node"]["state"] == "DELIVERED", SOON, "the log says so").await;
    let delivery = log().await[0]["node"].clone();
    assert_eq!(delivery["attempts"], json!([{"number": 1, "status": 202, "answer": "thanks", "error": null}]));

    let again = "mutation($id: ID!) { redeliverWebhook(deliveryId: $id) { delivery { state } userErrors { code } } }";
    data(&platform, &ann, again, json!({"id": delivery["id"]})).await;
    curtail_testkit::until(async || posts.lock().unwrap().len() == 3, SOON, "it comes once more").await;
    assert_eq!(posts.lock().unwrap()[2].0["webhook-id"], delivery["messageId"].as_str().unwrap());
}

#[tokio::test]
async fn a_webhook_is_tried_changed_rotated_and_removed() {
    let platform = Platform::start(allow_loopback).await;
    let ann = platform.register("ann").await;
    let (url, posts) = receiver().await;
    let input = json!({"url": url, "events": ["ALERT_SPIKE"]});
    let made = data(&platform, &ann, CREATE, json!({"input": input})).await["createWebhook"].clone();
    let id = json!({"id": made["webhook"]["id"]});

    let rotate = "mutation($id: ID!) { rotateWebhookSecret(id: $id) { secret webhook { previousSecretUntil } } }";
    let rotated = data(&platform, &ann, rotate, id.clone()).await["rotateWebhookSecret"].clone();
    assert!(rotated["webhook"]["previousSecretUntil"].is_string() && rotated["secret"] != made["secret"], "{rotated}");
    let test = "mutation($id: ID!) { testWebhook(id: $id) { delivery { eventType state } userErrors { code } } }";
    let tested = data(&platform, &ann, test, id.clone()).await["testWebhook"].clone();
    assert_eq!(tested["delivery"]["eventType"], "test");
    curtail_testkit::until(async || posts.lock().unwrap().len() == 1, SOON, "the test arrives").await;
    let (headers, body) = posts.lock().unwrap()[0].clone();
    let both = [&rotated["secret"], &made["secret"]].map(|secret| signature(secret.as_str().unwrap(), &headers, &body));
    assert_eq!(headers["webhook-signature"], both.join(" "));

    let update = "mutation($input: UpdateWebhookInput!) { updateWebhook(input: $input) { webhook { events enabled disabledReason } userErrors { field code } } }";
    let change = json!({"id": id["id"], "events": ["LINK_UPDATED"], "enabled": false});
    let changed = data(&platform, &ann, update, json!({"input": change})).await["updateWebhook"].clone();
    let expected = json!({"events": ["LINK_UPDATED"], "enabled": false, "disabledReason": "MANUAL"});
    assert_eq!(changed["webhook"], expected);
    let refused = data(&platform, &ann, test, id.clone()).await["testWebhook"].clone();
    assert_eq!(refused["userErrors"], json!([{"code": "WEBHOOK_DISABLED"}]));

    let list = "{ webhooks { id enabled } viewer { workspaces { webhooks { id } } } }";
    let listed = data(&platform, &ann, list, json!({})).await;
    assert_eq!(listed["webhooks"], json!([{"id": id["id"], "enabled": false}]));
    assert_eq!(listed["viewer"]["workspaces"][0]["webhooks"], json!([{"id": id["id"]}]));
    let delete = "mutation($id: ID!) { deleteWebhook(id: $id) { deletedId userErrors { code } } }";
    assert_eq!(data(&platform, &ann, delete, id.clone()).await["deleteWebhook"]["deletedId"], id["id"]);
    assert_eq!(data(&platform, &ann, list, json!({})).await["webhooks"], json!([]));
    let gone = data(&platform, &ann, delete, id.clone()).await["deleteWebhook"].clone();
    assert_eq!(gone, json!({"deletedId": null, "userErrors": [{"code": "WEBHOOK_NOT_FOUND"}]}));
}

#[tokio::test]
async fn s08_private_addresses_and_strangers_are_refused() {
    let platform = Platform::start(|_| {}).await;
    let (ann, eve) = (platform.register("ann").await, platform.register("eve").await);
    for (url, code) in [
        ("https://127.0.0.1/", "URL_PRIVATE_ADDRESS"),
        ("https://169.254.169.254/latest/meta-data", "URL_PRIVATE_ADDRESS"),
        ("https://[::ffff:10.0.0.1]/", "URL_PRIVATE_ADDRESS"),
        ("https://localhost:8443/", "URL_PRIVATE_ADDRESS"),
        ("http://hooks.example/", "URL_SCHEME"),
        ("https://user:word@hooks.example/", "URL_CREDENTIALS"),
    ] {
        let input = json!({"url": url, "events": ["LINK_CREATED"]});
        let refused = data(&platform, &ann, CREATE, json!({"input": input})).await["createWebhook"].clone();
        assert_eq!(refused["userErrors"], json!([{"field": "url", "code": code}]), "{url}");
        assert_eq!((&refused["webhook"], &refused["secret"]), (&Value::Null, &Value::Null));
    }
    let input = json!({"url": "https://hooks.example/", "events": ["LINK_CREATED"]});
    let made = data(&platform, &ann, CREATE, json!({"input": input})).await["createWebhook"].clone();
    let theirs = json!({"id": made["webhook"]["id"]});
    for name in ["deleteWebhook", "rotateWebhookSecret", "testWebhook"] {
        let query = format!("mutation($id: ID!) {{ {name}(id: $id) {{ userErrors {{ code }} }} }}");
        let refused = data(&platform, &eve, &query, theirs.clone()).await[name].clone();
        assert_eq!(refused["userErrors"], json!([{"code": "WEBHOOK_NOT_FOUND"}]), "{name}");
    }
    let log = platform.as_page(&eve, LOG, theirs).await;
    assert_eq!(log.code(), "NOT_FOUND");
    assert_eq!(platform.ask("{ webhooks { id } }").await.code(), "UNAUTHENTICATED");
}
