//! Every route beside the fields of GraphQL.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use super::caller::Who;
use super::judge::{Seen, complaint, settle, strange, word};
use super::table::{self, Row};
use super::world::{Place, World};

/// How a route is called.
struct Call {
    /// Its row.
    row: &'static str,
    /// Path and query.
    path: fn(&Place) -> String,
    /// The body, if there is one.
    body: &'static str,
}

const fn get(row: &'static str, path: fn(&Place) -> String) -> Call {
    Call { row, path, body: "" }
}

const VERSION: &str = r#"{"query": "{ version }"}"#;

fn export(report: &str, of: &Place) -> String {
    let range = "from=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z";
    format!("/v1/analytics/{report}.csv?workspace={}&{range}", of.workspace)
}

fn calls() -> Vec<Call> {
    vec![
        get("GET /", |_| "/".into()),
        get("GET /login", |_| "/login".into()),
        get("GET /verify", |_| "/verify".into()),
        get("GET /reset", |_| "/reset".into()),
        get("GET /invite", |_| "/invite".into()),
        get("GET /playground", |_| "/playground".into()),
        get("GET /assets/{*file}", |_| "/assets/pages/pages.css".into()),
        get("GET /unsubscribe", |_| "/unsubscribe?token=nothing".into()),
        get("POST /unsubscribe", |_| "/unsubscribe?token=nothing".into()),
        get("GET /graphql", |_| "/graphql?query={version}".into()),
        Call { row: "POST /graphql", path: |_| "/graphql".into(), body: VERSION },
        get("GET /v1/analytics/{report}:totals.csv", |of| export("totals", of)),
        get("GET /v1/analytics/{report}:series.csv", |of| export("series", of) + "&step=DAY"),
        get("GET /v1/analytics/{report}:breakdown.csv", |of| export("breakdown", of) + "&dimension=LINK"),
        get("GET /v1/analytics/{report}:clicks.csv", |of| export("clicks", of)),
    ]
}

#[test]
fn s18_every_route_has_an_expectation() {
    let rows = table::rows("http");
    let path = |row: &Row| row.subject().split_once(' ').expect("a method and a path").1.to_owned();
    // Sockets are an upgrade of /graphql; the path is only kept free.
    let there = routes::gateway::ALL.iter().filter(|path| **path != routes::gateway::WS);
    table::compare("routes", &there.map(|path| path.to_string()).collect(), &rows.iter().map(path).collect());
    let calls = calls().iter().map(|call| call.row.to_owned()).collect::<BTreeSet<_>>();
    table::compare("calls", &calls, &rows.iter().map(|row| row.name.to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_every_route_answers_each_caller_as_expected() {
    let world = World::start().await;
    let calls: BTreeMap<_, _> = calls().into_iter().map(|call| (call.row, call)).collect();
    let mut complaints = Vec::new();
    for row in &table::rows("http") {
        let call = &calls[row.name];
        for (who, _) in &row.cells {
            for (how, credential) in world.credentials(*who) {
                let seen = ask(&world, call, credential.as_deref(), &world.home).await;
                complaints.extend(complaint(row, *who, &how, &seen));
            }
        }
        if (call.path)(&world.other) != (call.path)(&world.missing) {
            for who in [Who::Viewer, Who::Owner, Who::AdminKey] {
                let (_, credential) = world.credentials(who).remove(0);
                let there = ask(&world, call, credential.as_deref(), &world.other).await;
                let nowhere = ask(&world, call, credential.as_deref(), &world.missing).await;
                complaints.extend(strange(row, who, &there, &nowhere));
            }
        }
    }
    settle(complaints);
}

async fn ask(world: &World, call: &Call, credential: Option<&str>, place: &Place) -> Seen {
    let (method, _) = call.row.split_once(' ').unwrap_or_default();
    let url = format!("{}{}", world.platform.url, (call.path)(place));
    let mut request = world.platform.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    request = request.header("x-request-id", "matrix");
    if let Some(credential) = credential {
        request = request.bearer_auth(credential);
    }
    if !call.body.is_empty() {
        request = request.header("content-type", "application/json").body(call.body);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let problem = if problem["errors"].is_array() { &problem["errors"][0]["extensions"] } else { &problem };
    let said = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let cell = match (status.as_u16(), said("code").as_str()) {
        (200..400, "") => "ok".to_owned(),
        (status, "") => status.to_string(),
        (_, code) => word(code, &said("reason")),
    };
    Seen { cell, whole: format!("{status} {text}") }
}
