//! A configuration that changes while the gateway runs.

use reqwest::Method;
use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::socket::{Socket, access};

#[tokio::test]
async fn bounds_limits_and_origins_change_for_the_next_request_and_open_sockets_stay() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 40).await;
    let ann = platform.register("ann").await;
    let viewer = async || platform.as_page(&ann, "{ viewer { workspaces { name } } }", json!({})).await;
    let preflight = async || {
        let request = platform.http.request(Method::OPTIONS, format!("{}/graphql", platform.url));
        let request = request.header("origin", "https://app.example").header("access-control-request-method", "POST");
        let answer = Answer::of(request).await;
        answer.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned())
    };
    let mut socket = Socket::of(&platform, access(&ann)).await;
    let before = viewer().await;
    assert_eq!((before.code(), before.headers["ratelimit-policy"].to_str().unwrap()), ("", "\"user\";q=40;w=60"));
    assert_eq!(preflight().await, None);

    let held = platform.reload(|config| {
        (config.gateway.max_depth, config.gateway.live_connections) = (2, 1);
        config.gateway.allowed_origins = vec!["https://app.example".into()];
        config.plans.free.requests_per_minute = 50;
    });
    assert_eq!(held.await.unwrap(), ["live_connections"]);
    let after = viewer().await;
    assert_eq!((after.code(), &after.body["errors"][0]["extensions"]["limit"]), ("TOO_DEEP", &json!(2)));
    assert_eq!(platform.ask("{ version }").await.status, 200);
    let counted = platform.as_page(&ann, "{ viewer { id } }", json!({})).await;
    assert_eq!(counted.headers["ratelimit-policy"], "\"user\";q=50;w=60");
    assert_eq!(preflight().await.as_deref(), Some("https://app.example"));

    // What is open goes on as it began.
    socket.subscribe("1", "{ viewer { workspaces { name } } }", json!({})).await;
    let next = socket.hear().await;
    assert!(next["type"] == "next" && next["payload"]["errors"].is_null(), "{next}");
}

#[tokio::test]
async fn what_can_not_be_used_changes_nothing() {
    let platform = Platform::start(|_| {}).await;
    let error = platform.reload(|config| {
        config.gateway.max_depth = 1;
        config.gateway.persisted_manifest = "/nowhere/manifest.json".into();
    });
    let error = format!("{:#}", error.await.unwrap_err());
    assert!(error.starts_with("gateway.persisted_manifest /nowhere/manifest.json"), "{error}");
    let ann = platform.register("ann").await;
    assert_eq!(platform.as_page(&ann, "{ viewer { workspaces { name } } }", json!({})).await.code(), "");
}
