//! A configuration that changes while the gateway runs.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testkit::{Process, free_port};

use crate::platform::{Answer, Platform};
use crate::socket::{Socket, access};

const PATIENCE: Duration = Duration::from_secs(30);

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

#[tokio::test]
async fn a_process_reads_its_file_again_at_sighup_and_keeps_what_it_had_when_the_file_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("curtail.toml");
    let write = |settings: &str| std::fs::write(&file, format!("[gateway]\n{settings}\n")).unwrap();
    write("max_aliases = 1");
    let (listen, admin) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let variables = [
        ("CURTAIL_CONFIG", file.to_str().unwrap()),
        ("CURTAIL_RPC__SERVICE_KEY", &"11".repeat(32)),
        ("CURTAIL_GATEWAY__LISTEN", &listen),
        ("CURTAIL_GATEWAY__ADMIN_LISTEN", &admin),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let log = dir.path().join("log");
    let process = Process::start(env!("CARGO_BIN_EXE_gateway"), [""; 0], variables, log).unwrap();
    let http = reqwest::Client::new();
    // Nothing stands behind it; it knows its version by itself.
    let code = async || {
        let request = http.post(format!("http://{listen}/graphql"));
        let answer = Answer::of(request.json(&json!({"query": "{ a: version b: version }"}))).await;
        answer.code().to_owned()
    };
    let reloads = async |outcome: &str| {
        let metrics = http.get(format!("http://{admin}/metrics")).send().await.unwrap().text().await.unwrap();
        metrics.contains(&format!("gateway_reloads_total{{outcome=\"{outcome}\"}} 1"))
    };
    let lives = async || http.get(format!("http://{admin}/health/live")).send().await.is_ok();
    testkit::until(lives, PATIENCE, "the gateway is up").await;
    assert_eq!(code().await, "TOO_MANY_ALIASES");

    write("max_aliases = 2");
    process.signal("HUP").unwrap();
    testkit::until(async || reloads("taken").await, PATIENCE, "the file is taken up").await;
    assert_eq!(code().await, "");

    write("max_aliases = \"one\"");
    process.signal("HUP").unwrap();
    testkit::until(async || reloads("refused").await, PATIENCE, "the file is refused").await;
    assert_eq!(code().await, "");
}
