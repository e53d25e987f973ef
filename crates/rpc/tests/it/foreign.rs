//! What a client of another language meets: grpc-js, the gRPC of Node. `scripts/npm-install.sh web` brings it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::backend::Backend;

/// How long the client may be silent: it waits for deadlines of 3 s.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_client_of_another_language_is_served_bounded_and_told_of_the_end() {
    let Some(packages) = curtail_testkit::npm_packages("@grpc/grpc-js") else {
        return println!("SKIPPED: no Node or no @grpc/grpc-js; no client of another language was tried");
    };
    let mut backend = Backend::with(|rpc| (rpc.max_in_flight, rpc.read_timeout_ms) = (1, 3000)).await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut client = Command::new("node")
        .arg(here.join("tests/it/foreign.mjs"))
        .args([&packages, &here.join("../../proto")])
        .args([backend.address.to_string(), backend.user_token()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut said = Vec::<Value>::new();
    let mut heard = async || tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it goes on").unwrap();
    while let Some(line) = heard().await {
        said.push(serde_json::from_str(&line).unwrap());
        if line.contains("watching") {
            backend.shutdown.begin();
        }
    }
    assert_eq!(
        said,
        [
            json!(["check", "SERVING", "SERVING", "NOT_FOUND"]),
            json!(["signed", 1]),
            json!(["unsigned", "UNAUTHENTICATED"]),
            json!(["unknown method", "UNIMPLEMENTED", "UNAUTHENTICATED"]),
            json!(["largest message", 1]),
            json!(["one byte more", "INVALID_ARGUMENT"]),
            json!(["own deadline", "DEADLINE_EXCEEDED"]),
            json!(["no deadline", "DEADLINE_EXCEEDED"]),
            json!(["cancelled", "CANCELLED"]),
            json!(["after it", 1]),
            json!(["watching"]),
            json!(["watched", "NOT_SERVING"]),
        ]
    );
    (&mut backend.server).await.unwrap().unwrap();
}
