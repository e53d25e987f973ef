//! The log: one line for each request and for each operation of a connection that stays open.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::platform::{Answer, Platform};
use crate::socket::{Socket, access};

const VIEWER: &str = "query WhoAmI { viewer { email } }";

/// What this process logs, line by line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Value>>>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push(serde_json::from_slice(line).unwrap());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Listens from now on, to all tests of this process.
    fn listen() -> &'static Self {
        static LINES: OnceLock<Lines> = OnceLock::new();
        LINES.get_or_init(|| {
            let lines = Self::default();
            let writer = lines.clone();
            let format = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(LevelFilter::INFO);
            format.with_writer(move || writer.clone()).init();
            lines
        })
    }

    /// The lines of a request that tell an operation or its refusal, once there are `count`.
    async fn of(&self, request_id: &str, count: usize) -> Vec<Value> {
        let find = || {
            let lines = self.0.lock().unwrap();
            let ours = lines.iter().filter(|line| {
                line["request_id"] == request_id && matches!(line["message"].as_str(), Some("request" | "operation"))
            });
            ours.cloned().collect::<Vec<_>>()
        };
        curtail_testkit::until(async || find().len() >= count, Duration::from_secs(10), "the lines are logged").await;
        find()
    }
}

#[tokio::test]
async fn a_request_is_one_line_with_what_it_cost() {
    let lines = Lines::listen();
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let named = |id: &str, query: &str| platform.post(query, json!({})).header("x-request-id", id);

    let request = named("log-cookie", VIEWER).header("cookie", &ann).header("sec-fetch-site", "same-origin");
    assert_eq!(Answer::of(request).await.status, 200);
    let logged = lines.of("log-cookie", 1).await;
    assert_eq!(logged.len(), 1, "{logged:?}");
    let line = &logged[0];
    // The document's only operation has a name, although no one sent `operationName`.
    assert_eq!(
        (&line["operation"], &line["kind"], &line["caller"]),
        (&"WhoAmI".into(), &"query".into(), &"cookie".into())
    );
    assert_eq!((&line["cost"], &line["path"], &line["status"]), (&1.into(), &"/graphql".into(), &200.into()));
    assert!(line["rpcs"].as_u64().unwrap() >= 1 && line["ms"].as_f64().unwrap() > 0.0, "{line}");

    for (id, query, caller, code) in [
        ("log-session", VIEWER, "session", None),
        ("log-nobody", "{ version }", "anonymous", None),
        ("log-refused", "{ a b c", "", Some("GRAPHQL_PARSE_FAILED")),
    ] {
        let request = named(id, query);
        let signed_in = caller == "session";
        Answer::of(if signed_in { request.bearer_auth(access(&ann)) } else { request }).await;
        let logged = lines.of(id, 1).await;
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert_eq!(logged[0]["caller"].as_str().unwrap_or_default(), caller, "{id}");
        assert_eq!(logged[0]["code"].as_str(), code, "{id}");
        assert_eq!(logged[0]["operation"].as_str(), signed_in.then_some("WhoAmI"), "{id}");
    }
    let all = serde_json::to_string(&*lines.0.lock().unwrap()).unwrap();
    assert!(!all.contains(access(&ann)) && !all.contains("viewer"), "neither credential nor document is in the log");
}

#[tokio::test]
async fn each_operation_of_a_socket_is_one_line_when_it_ends() {
    let lines = Lines::listen();
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::open(&platform, &[("x-request-id", "log-socket")]).await.unwrap();
    let payload = json!({"Authorization": format!("Bearer {}", access(&ann))});
    socket.say(json!({"type": "connection_init", "payload": payload})).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");

    socket.subscribe("1", VIEWER, Value::Null).await;
    assert_eq!(
        (socket.hear().await["type"].clone(), socket.hear().await["type"].clone()),
        (json!("next"), json!("complete"))
    );
    socket.subscribe("2", "subscription Watch { clicks { skipped } }", Value::Null).await;
    socket.subscribe("3", "{ a b c", Value::Null).await;
    assert_eq!(socket.hear().await["type"], "error");
    socket.say(json!({"type": "complete", "id": "2"})).await;

    let logged = lines.of("log-socket", 4).await;
    let find =
        |name: &str| logged.iter().find(|line| line["operation"] == name).unwrap_or_else(|| panic!("{logged:?}"));
    assert_eq!(logged.iter().filter(|line| line["message"] == "request").count(), 1, "the handshake: {logged:?}");
    let query = find("WhoAmI");
    assert_eq!(
        (&query["transport"], &query["kind"], &query["caller"]),
        (&"websocket".into(), &"query".into(), &"session".into())
    );
    assert_eq!((&query["answers"], &query["cost"]), (&1.into(), &1.into()));
    assert!(query["rpcs"].as_u64().unwrap() >= 1 && query["ms"].as_f64().unwrap() > 0.0, "{query}");
    let watched = find("Watch");
    assert_eq!((&watched["kind"], &watched["answers"]), (&"subscription".into(), &0.into()));
    assert!(logged.iter().any(|line| line["code"] == "GRAPHQL_PARSE_FAILED" && line["transport"] == "websocket"));
}

#[tokio::test]
async fn an_event_stream_is_one_line_when_it_ends() {
    let lines = Lines::listen();
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let ask = |id: &str, query: &str| {
        let request = platform.http.post(format!("{}/graphql", platform.url)).header("accept", "text/event-stream");
        request.header("x-request-id", id).bearer_auth(access(&ann)).json(&json!({"query": query}))
    };
    let whole = ask("log-stream", VIEWER).send().await.unwrap().text().await.unwrap();
    assert!(whole.contains("event: complete"), "{whole}");
    let logged = lines.of("log-stream", 1).await;
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert_eq!((&logged[0]["transport"], &logged[0]["operation"]), (&"event-stream".into(), &"WhoAmI".into()));
    assert!(logged[0]["rpcs"].as_u64().unwrap() >= 1, "{logged:?}");

    // One that the client leaves.
    let left = ask("log-left", "subscription Watch { clicks { skipped } }").send().await.unwrap();
    let mut body = left.bytes_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    let logged = lines.of("log-left", 1).await;
    assert_eq!((logged.len(), &logged[0]["operation"], &logged[0]["answers"]), (1, &"Watch".into(), &0.into()));
}

#[tokio::test]
async fn each_operation_of_a_batch_is_one_line_beside_that_of_the_request() {
    let lines = Lines::listen();
    let platform = Platform::start(|config| config.gateway.max_batch = 3).await;
    let ann = platform.register("ann").await;
    let batch = json!([{"query": VIEWER}, {"query": "{ a b c"}, {"query": "query Second { viewer { email } }"}]);
    let request = platform.http.post(format!("{}/graphql", platform.url)).header("x-request-id", "log-batch");
    assert_eq!(Answer::of(request.bearer_auth(access(&ann)).json(&batch)).await.status, 200);
    let logged = lines.of("log-batch", 4).await;
    assert_eq!(logged.len(), 4, "{logged:?}");
    let told: Vec<_> = logged.iter().map(|line| (line["operation"].as_str(), line["code"].as_str())).collect();
    let refused = (None, Some("GRAPHQL_PARSE_FAILED"));
    assert_eq!(told, [(Some("WhoAmI"), None), refused, (Some("Second"), None), (None, None)]);
    let rpcs = |line: &Value| line["rpcs"].as_u64().unwrap();
    assert_eq!(rpcs(&logged[0]) + rpcs(&logged[2]), rpcs(&logged[3]), "{logged:?}");
}
