//! The samples of `docs/use/webhooks.md`, run in their languages on what is really sent. One of them is the published verifier of
//! Standard Webhooks for Node; `scripts/npm-install.sh web` brings it.

use std::path::{Path, PathBuf};
use std::process::Command;

use curtail_clock::Clock;
use curtail_testkit::{npm_packages, runs};
use serde_json::json;

use super::kit::*;
use super::receiver::{Post, Receiver, ok};
use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/use/webhooks.md");

/// Calls `verify` of a sample: prints the type of the event, or `refused`.
const NODE: &str = "import { readFileSync } from \"node:fs\";
const { verify } = await import(process.argv[2]);
const { secret, headers, body } = JSON.parse(readFileSync(process.argv[3], \"utf8\"));
try { console.log(verify(secret, headers, body).type); } catch { console.log(\"refused\"); }
";
const PYTHON: &str = "import json, sys
scope = {}
exec(open(sys.argv[1]).read(), scope)
case = json.load(open(sys.argv[2]))
try:
    print(scope['verify'](case['secret'], case['headers'], case['body'])['type'])
except ValueError:
    print('refused')
";

/// The code blocks of a language.
fn samples(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    PAGE.split(&open).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// What a program prints, on one line.
fn output(program: &str, arguments: &[&Path]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A request as a file, and what a verifier has to say to it.
fn cases(directory: &Path, secret: &str, other: &str, post: &Post) -> Vec<(PathBuf, &'static str)> {
    let mut late = post.headers.clone();
    late.insert(
        "webhook-timestamp".into(),
        (post.headers["webhook-timestamp"].parse::<i64>().unwrap() - 400).to_string(),
    );
    let mut renamed = post.headers.clone();
    renamed.insert("webhook-id".into(), "msg_other".into());
    let cases = [
        (secret, &post.headers, post.body.clone(), "test"),
        (secret, &post.headers, post.body.replace("test", "text"), "refused"),
        (secret, &late, post.body.clone(), "refused"),
        (secret, &renamed, post.body.clone(), "refused"),
        (other, &post.headers, post.body.clone(), "refused"),
    ];
    let file = |(number, (secret, headers, body, expected)): (usize, (&str, &_, String, &'static str))| {
        let path = directory.join(format!("case-{number}.json"));
        std::fs::write(&path, json!({"secret": secret, "headers": headers, "body": body}).to_string()).unwrap();
        (path, expected)
    };
    cases.into_iter().enumerate().map(file).collect()
}

#[tokio::test]
async fn the_verifiers_of_other_languages_take_what_is_sent_and_refuse_what_was_changed() {
    let (node, python) = (samples("js"), samples("python"));
    assert_eq!((node.len(), python.len()), (2, 1));
    // Verifiers compare with the time of the machine. A clock that is set later jumps, and ids wait for the next renewal.
    let world = World::at(settings().await, Clock::system().now()).await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, secret) = webhook(&world, &receiver.url).await;
    let (_, other) = super::kit::webhook(&world, &receiver.url).await;
    let request = curtail_proto::notify::v1::TestWebhookRequest { webhook_id: webhook.id };
    client(&world).test_webhook(owner(&world, request)).await.unwrap();
    receiver.has(1).await;
    let directory = tempfile::tempdir().unwrap();
    let cases = cases(directory.path(), &secret, &other, &receiver.posts()[0]);

    match npm_packages("standardwebhooks") {
        None => println!("SKIPPED: no Node or no standardwebhooks; the samples for Node were not run"),
        Some(packages) => {
            // Below the packages, so that the import finds them.
            let place = tempfile::Builder::new().prefix(".samples").tempdir_in(packages).unwrap();
            let runner = directory.path().join("run.mjs");
            std::fs::write(&runner, NODE).unwrap();
            for (number, sample) in node.iter().enumerate() {
                let path = place.path().join(format!("sample-{number}.mjs"));
                std::fs::write(&path, sample).unwrap();
                for (case, expected) in &cases {
                    assert_eq!(output("node", &[&runner, &path, case]), *expected, "sample {number}, {case:?}");
                }
            }
        }
    }
    if runs("python3") {
        let (runner, path) = (directory.path().join("run.py"), directory.path().join("sample.py"));
        std::fs::write(&runner, PYTHON).unwrap();
        std::fs::write(&path, python[0]).unwrap();
        for (case, expected) in &cases {
            assert_eq!(output("python3", &[&runner, &path, case]), *expected, "{case:?}");
        }
    } else {
        println!("SKIPPED: no python3; its sample was not run");
    }
    world.stop().await;
}
