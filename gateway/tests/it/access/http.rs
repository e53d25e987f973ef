//! Every route beside the fields of GraphQL.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::caller::Who;
use super::fresh::{self, Uses};
use super::judge::{Seen, complaint, settle, strange, word};
use super::table::{self, Row};
use super::world::{Place, World};

/// How a route is called.
struct Call {
    /// Its row.
    row: &'static str,
    /// What it uses up.
    uses: Uses,
    /// Path and query.
    path: fn(&Place) -> String,
    /// The body; null for none.
    body: fn(&Place) -> Value,
}

const fn call(row: &'static str, uses: Uses, path: fn(&Place) -> String, body: fn(&Place) -> Value) -> Call {
    Call { row, uses, path, body }
}

const fn get(row: &'static str, path: fn(&Place) -> String) -> Call {
    call(row, Uses::Nothing, path, |_| Value::Null)
}

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
        call("POST /graphql", Uses::Nothing, |_| "/graphql".into(), |_| json!({"query": "{ version }"})),
        get("GET /v1/analytics/{report}:totals.csv", |of| export("totals", of)),
        get("GET /v1/analytics/{report}:series.csv", |of| export("series", of) + "&step=DAY"),
        get("GET /v1/analytics/{report}:breakdown.csv", |of| export("breakdown", of) + "&dimension=LINK"),
        get("GET /v1/analytics/{report}:clicks.csv", |of| export("clicks", of)),
    ]
    .into_iter()
    .chain(rest())
    .collect()
}

fn in_workspace(path: &str, of: &Place) -> String {
    format!("/v1/{path}?workspace={}", of.workspace)
}

fn link(rest: &str, of: &Place) -> String {
    format!("/v1/links/{}{rest}", of.link)
}

fn tag(rest: &str, of: &Place) -> String {
    // What is not there has a space in its name.
    in_workspace(&format!("tags/{}{rest}", of.tag.replace(' ', "%20")), of)
}

fn rest() -> Vec<Call> {
    let url = |_: &Place| json!({"url": "https://new.example/"});
    vec![
        call("POST /v1/links", Uses::Nothing, |of| in_workspace("links", of), url),
        get("GET /v1/links", |of| in_workspace("links", of)),
        call(
            "POST /v1/links/bulk",
            Uses::Nothing,
            |of| in_workspace("links/bulk", of),
            |_| json!({"links": [{"url": "https://new.example/"}]}),
        ),
        get("GET /v1/links/{id}", |of| link("", of)),
        call("PATCH /v1/links/{id}", Uses::Link, |of| link("", of), |_| json!({"notes": "changed"})),
        call("DELETE /v1/links/{id}", Uses::Link, |of| link("", of), |_| Value::Null),
        call("POST /v1/links/{id}/restore", Uses::DeletedLink, |of| link("/restore", of), |_| Value::Null),
        call(
            "POST /v1/links/bulk/update",
            Uses::Link,
            |of| in_workspace("links/bulk/update", of),
            |of| json!({"links": {"ids": [of.link]}, "change": {"disabled": true}}),
        ),
        call(
            "POST /v1/links/bulk/delete",
            Uses::Link,
            |of| in_workspace("links/bulk/delete", of),
            |of| json!({"links": {"ids": [of.link]}}),
        ),
        call("POST /v1/links/{id}/block", Uses::Link, |of| link("/block", of), |_| json!({"reason": "phishing"})),
        call("POST /v1/links/{id}/release", Uses::Link, |of| link("/release", of), |_| json!({})),
        // To its own name, so that nothing changes.
        call("PATCH /v1/tags/{name}", Uses::Nothing, |of| tag("", of), |of| json!({"name": of.tag})),
        call("POST /v1/tags/{name}/merge", Uses::Nothing, |of| tag("/merge", of), |of| json!({"into": of.tag})),
        call("DELETE /v1/tags/{name}", Uses::Tag, |of| tag("", of), |_| Value::Null),
        get("GET /v1/links/{id}/stats", |of| link("/stats", of)),
        get("GET /v1/links/{id}/qr", |of| link("/qr", of)),
        get("GET /v1/stats", |of| in_workspace("stats", of)),
        get("GET /v1/search", |of| in_workspace("search", of)),
        get("GET /v1/api-keys", |of| in_workspace("api-keys", of)),
        call(
            "POST /v1/api-keys",
            Uses::Nothing,
            |of| in_workspace("api-keys", of),
            |_| json!({"name": "new", "scopes": ["ADMIN"]}),
        ),
        call("DELETE /v1/api-keys/{id}", Uses::Key, |of| format!("/v1/api-keys/{}", of.key), |_| Value::Null),
        get("GET /v1/openapi.json", |_| "/v1/openapi.json".into()),
        call("POST /shorten", Uses::Nothing, |_| "/shorten".into(), url),
        get("GET /stats/{code}", |of| format!("/stats/{}", of.code)),
    ]
}

#[test]
fn s18_every_route_has_an_expectation() {
    let rows = table::rows("http");
    let path = |row: &Row| row.subject().split_once(' ').expect("a method and a path").1.to_owned();
    // Sockets are an upgrade of /graphql; the path is only kept free.
    let there = curtail_routes::gateway::ALL.iter().filter(|path| **path != curtail_routes::gateway::WS);
    table::compare("routes", &there.map(|path| path.to_string()).collect(), &rows.iter().map(path).collect());
    let subjects: BTreeSet<_> = rows.iter().map(|row| row.subject().to_owned()).collect();
    let operations = gateway::rest::OPERATIONS.iter().map(|one| format!("{} {}", one.method, one.path));
    let missing: Vec<_> = operations.filter(|operation| !subjects.contains(operation)).collect();
    assert!(missing.is_empty(), "operations of REST without an expectation: {missing:?}");
    let calls = calls().iter().map(|call| call.row.to_owned()).collect::<BTreeSet<_>>();
    table::compare("calls", &calls, &rows.iter().map(|row| row.name.to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_every_route_answers_each_caller_as_expected() {
    let world = World::start().await;
    let calls: BTreeMap<_, _> = calls().into_iter().map(|call| (call.row, call)).collect();
    let rows = table::rows("http");
    let cells = rows.iter().flat_map(|row| row.cells.iter().map(move |(who, _)| (row, *who)));
    // What is refused comes first, while everything is there.
    let (happens, refused): (Vec<_>, Vec<_>) = cells.partition(|(row, who)| row.expected(*who) == "ok");
    let mut complaints = Vec::new();
    for (row, who) in refused {
        complaints.extend(try_cell(&world, row, &calls[row.name], who).await);
    }
    for row in &rows {
        complaints.extend(reach_out(&world, row, &calls[row.name]).await);
    }
    for (row, who) in happens {
        complaints.extend(try_cell(&world, row, &calls[row.name], who).await);
    }
    settle(complaints);
}

async fn try_cell(world: &World, row: &Row, call: &Call, who: Who) -> Vec<String> {
    let place = if row.expected(who) == "ok" { fresh::place(world, call.uses).await } else { world.home.clone() };
    let mut complaints = Vec::new();
    for (how, credential) in world.credentials(who) {
        let seen = ask(world, call, credential.as_deref(), &place).await;
        complaints.extend(complaint(row, who, &how, &seen));
    }
    complaints
}

/// Members of one workspace at the things of another, and at things that are not there.
async fn reach_out(world: &World, row: &Row, call: &Call) -> Vec<String> {
    let whole = |place: &Place| ((call.path)(place), (call.body)(place));
    let mut complaints = Vec::new();
    if whole(&world.other) != whole(&world.missing) {
        for who in [Who::Viewer, Who::Owner, Who::AdminKey] {
            let (_, credential) = world.credentials(who).remove(0);
            let there = ask(world, call, credential.as_deref(), &world.other).await;
            let nowhere = ask(world, call, credential.as_deref(), &world.missing).await;
            complaints.extend(strange(row, who, &there, &nowhere));
        }
    }
    complaints
}

async fn ask(world: &World, call: &Call, credential: Option<&str>, place: &Place) -> Seen {
    let (method, _) = call.row.split_once(' ').unwrap_or_default();
    let (path, body) = ((call.path)(place), (call.body)(place));
    let url = format!("{}{path}", world.platform.url);
    let mut request = world.platform.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    request = request.header("x-request-id", "matrix");
    if let Some(credential) = credential {
        request = request.bearer_auth(credential);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let graphql = &problem["errors"][0]["extensions"];
    let problem = if graphql.is_object() { graphql } else { &problem };
    let said = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let cell = match (status.as_u16(), said("code").as_str()) {
        // A link has a code, too.
        (200..400, _) => "ok".to_owned(),
        (status, "") => status.to_string(),
        (_, code) => word(code, &said("reason")),
    };
    // A problem names the path that was asked.
    let path = path.split('?').next().unwrap_or_default();
    Seen { cell, whole: format!("{status} {}", text.replace(path, "/asked")) }
}
