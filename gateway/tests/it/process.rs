//! The gateway as a process of its own, without services behind it.

use std::path::Path;
use std::time::Duration;

use curtail_testkit::{Process, free_port, test_as_program};
use serde_json::json;

use crate::platform::Answer;

const PATIENCE: Duration = Duration::from_secs(30);

struct Alone {
    process: Process,
    listen: String,
    admin: String,
    http: reqwest::Client,
}

impl Alone {
    /// Runs `program`, which becomes the gateway, with settings from a file in `dir`.
    async fn start(dir: &Path, program: impl AsRef<Path>, arguments: impl IntoIterator<Item = String>) -> Self {
        let (listen, admin) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let file = settings(dir, "");
        let variables = [
            ("CURTAIL_CONFIG", file.as_str()),
            ("CURTAIL_RPC__SERVICE_KEY", &"11".repeat(32)),
            ("CURTAIL_GATEWAY__LISTEN", &listen),
            ("CURTAIL_GATEWAY__ADMIN_LISTEN", &admin),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let process = Process::start(program, arguments, variables, dir.join("log")).unwrap();
        let alone = Self { process, listen, admin, http: reqwest::Client::new() };
        curtail_testkit::until(async || alone.metrics().await.is_some(), PATIENCE, "the gateway is up").await;
        alone
    }

    async fn metrics(&self) -> Option<String> {
        self.http.get(format!("http://{}/metrics", self.admin)).send().await.ok()?.text().await.ok()
    }

    async fn shows(&self, line: &str) {
        let shown = async || self.metrics().await.is_some_and(|text| text.lines().any(|shown| shown == line));
        curtail_testkit::until(shown, PATIENCE, line).await;
    }

    /// The code of the answer to a document with two aliases of what it knows by itself.
    async fn two_aliases(&self) -> String {
        let request = self.http.post(format!("http://{}/graphql", self.listen));
        Answer::of(request.json(&json!({"query": "{ a: version b: version }"}))).await.code().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the other tests start"]
async fn gateway() {
    let config = curtail_config::Config::load().unwrap();
    let _telemetry = curtail_telemetry::init("gateway", &config.telemetry).unwrap();
    let shutdown = curtail_lifecycle::Shutdown::from_signals(&config.lifecycle);
    // As `curtail service` does.
    curtail_lifecycle::raise_file_limit();
    gateway::run(config, curtail_service::Deps::system(), shutdown).await.unwrap();
}

/// Writes these settings of the gateway, and gives the name of the file.
fn settings(dir: &Path, settings: &str) -> String {
    let file = dir.join("curtail.toml");
    std::fs::write(&file, format!("[gateway]\n{settings}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_file_of_settings_is_read_again_at_sighup_and_a_wrong_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (program, arguments) = test_as_program("process::gateway");
    let gateway = Alone::start(dir.path(), program, arguments).await;
    assert_eq!(gateway.two_aliases().await, "");

    settings(dir.path(), "max_aliases = 1");
    gateway.process.signal("HUP").unwrap();
    gateway.shows("gateway_reloads_total{outcome=\"taken\"} 1").await;
    assert_eq!(gateway.two_aliases().await, "TOO_MANY_ALIASES");

    settings(dir.path(), "max_aliases = \"many\"");
    gateway.process.signal("HUP").unwrap();
    gateway.shows("gateway_reloads_total{outcome=\"refused\"} 1").await;
    assert_eq!(gateway.two_aliases().await, "TOO_MANY_ALIASES");
}

#[tokio::test]
async fn as_many_connections_may_be_open_as_the_system_allows() {
    let dir = tempfile::tempdir().unwrap();
    let less = "ulimit -Sn 256 && ulimit -Hn 512 && exec \"$0\" \"$@\"";
    let (program, arguments) = test_as_program("process::gateway");
    let shell = ["-c", less, program.to_str().unwrap()].map(str::to_owned);
    let gateway = Alone::start(dir.path(), "sh", shell.into_iter().chain(arguments)).await;
    gateway.shows("process_max_fds 512").await;
}
