//! Every field of the schema.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::caller::Who;
use super::calls::{self, Call};
use super::fresh::{self, Uses};
use super::judge::{Seen, complaint, settle, strange, word};
use super::schema::Schema;
use super::table::{self, Row};
use super::world::{Place, World};
use crate::events::Events;
use crate::platform::Answer;
use crate::socket::Redirector;

/// Cells that are tried at once.
const AT_ONCE: usize = 8;

#[test]
fn s18_every_field_has_an_expectation() {
    let schema = Schema::read();
    let rows = table::rows("graphql");
    let tried: BTreeSet<String> = rows.iter().map(|row| row.subject().to_owned()).collect();
    let both: Vec<_> = tried.intersection(&schema.carried()).cloned().collect();
    assert!(both.is_empty(), "either a row or carried: {both:?}");
    table::compare("fields", &schema.fields(), &tried.union(&schema.carried()).cloned().collect());
    let calls = calls::all().iter().map(|call| call.row.to_owned()).collect();
    table::compare("calls", &calls, &rows.iter().map(|row| row.name.to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_every_field_answers_each_caller_as_expected() {
    let matrix = Matrix { world: World::start().await, schema: Schema::read() };
    let calls: BTreeMap<_, _> = calls::all().into_iter().map(|call| (call.row, call)).collect();
    let (rows, calls) = (table::rows("graphql"), &calls);
    let cells = rows.iter().flat_map(|row| row.cells.iter().map(move |(who, _)| (row, &calls[row.name], *who)));
    // What is refused comes first: afterwards everything has to be as it was.
    let (happens, refused): (Vec<_>, Vec<_>) =
        cells.partition(|(row, call, who)| !call.path.starts_with("query") && row.expected(*who) == "ok");
    let before = matrix.everything().await;
    let mut complaints = matrix.try_all(refused).await;
    for (row, call) in rows.iter().map(|row| (row, &calls[row.name])) {
        complaints.extend(matrix.reach_out(row, call).await);
    }
    assert_eq!(before, matrix.everything().await, "a call that was refused changed something");
    let life = matrix.live().await;
    complaints.extend(matrix.try_all(happens).await);
    life.abort();
    settle(complaints);
}

struct Matrix {
    world: World,
    schema: Schema,
}

type Cell<'a> = (&'a Row, &'a Call, Who);

impl Matrix {
    async fn try_all(&self, cells: Vec<Cell<'_>>) -> Vec<String> {
        let tried = stream::iter(cells).map(|cell| self.try_cell(cell)).buffer_unordered(AT_ONCE);
        tried.collect::<Vec<_>>().await.into_iter().flatten().collect()
    }

    async fn try_cell(&self, (row, call, who): Cell<'_>) -> Vec<String> {
        let world = &self.world;
        let succeeds = row.expected(who) == "ok";
        let place = if succeeds { fresh::place(world, call.uses).await } else { world.home.clone() };
        let mut credentials = world.credentials(who);
        if succeeds && call.uses == Uses::Caller && Who::PEOPLE.contains(&who) {
            credentials = vec![(String::new(), Some(fresh::twin(world, who).await.access))];
        }
        let mut complaints = Vec::new();
        for (how, credential) in credentials {
            complaints.extend(complaint(row, who, &how, &self.ask(call, credential.as_deref(), &place).await));
        }
        complaints
    }

    /// Those who belong to one workspace at the things of another, and at things that are not there.
    async fn reach_out(&self, row: &Row, call: &Call) -> Vec<String> {
        let world = &self.world;
        if (call.variables)(&world.other) == (call.variables)(&world.missing) || row.expected(Who::Stranger) == "ok" {
            return Vec::new();
        }
        let mut complaints = Vec::new();
        for who in [Who::Viewer, Who::Owner, Who::AdminKey] {
            let (_, credential) = world.credentials(who).remove(0);
            let there = self.ask(call, credential.as_deref(), &world.other).await;
            let nowhere = self.ask(call, credential.as_deref(), &world.missing).await;
            complaints.extend(strange(row, who, &there, &nowhere));
        }
        complaints
    }

    async fn ask(&self, call: &Call, credential: Option<&str>, place: &Place) -> Seen {
        let variables = (call.variables)(place);
        let document = self.schema.document(call.path, &variables);
        let watches = call.path.starts_with("subscription");
        let media = if watches { "text/event-stream" } else { "application/graphql-response+json" };
        let platform = &self.world.platform;
        let mut request = platform.http.post(format!("{}/graphql", platform.url)).header("accept", media);
        request = request.json(&json!({"query": document, "variables": variables})).header("x-request-id", "matrix");
        if let Some(credential) = credential {
            request = request.bearer_auth(credential);
        }
        if !watches {
            let answer = Answer::of(request).await;
            return seen(call, answer.status.as_u16(), &answer.body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        if status != 200 {
            return seen(call, status, &response.json().await.unwrap_or_default());
        }
        let event = Events::over(response).next().await.unwrap_or_default();
        seen(call, status, &event.1)
    }

    /// Clicks in both workspaces and changes of a link, again and again, for those who watch.
    async fn live(&self) -> tokio::task::JoinHandle<()> {
        let world = &self.world;
        let mut redirector = Redirector::new(&world.platform, 1).await;
        let number = |text: &String| text.parse::<i64>().unwrap_or_default();
        let places = [&world.home, &world.other].map(|place| (number(&place.workspace), number(&place.link)));
        let query = "mutation($input: UpdateLinkInput!) { updateLink(input: $input) { userErrors { code } } }";
        let update = world.platform.post(query, json!({})).bearer_auth(&world.people[&Who::Owner].access);
        let link = world.home.link.clone();
        tokio::spawn(async move {
            for turn in 0.. {
                for (workspace, link) in places {
                    redirector.click(workspace, link, 1).await;
                }
                let variables = json!({"input": {"id": link, "notes": format!("changed {turn} times")}});
                let update = update.try_clone().expect("a body in one piece");
                update.json(&json!({"query": query, "variables": variables})).send().await.map(drop).unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        })
    }

    /// All that their owners see of the two workspaces, but what changes by itself.
    async fn everything(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for (who, place) in [(Who::Owner, &self.world.home), (Who::Stranger, &self.world.other)] {
            let by = &self.world.people[&who];
            for field in ["", ".links", ".tags", ".apiKeys", ".members", ".invitations", ".webhooks"] {
                let variables = json!({"id": place.workspace});
                let document = self.schema.document(&format!("query.workspace{field}"), &variables);
                let mut seen = self.world.done(by, &document, variables).await;
                forget(&mut seen, &["lastUsedAt", "failingSince"]);
                all.push(seen);
            }
            let document = self.schema.document("query.viewer", &json!({}));
            let mut seen = self.world.done(by, &document, json!({})).await;
            // Workspaces that a call may make are the caller's own.
            forget(&mut seen, &["workspaces"]);
            all.push(seen);
        }
        all
    }
}

fn forget(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            fields.values_mut().for_each(|value| forget(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| forget(value, names)),
        _ => {}
    }
}

/// What an answer says to `call`.
fn seen(call: &Call, status: u16, body: &Value) -> Seen {
    let whole = format!("{status} {body}");
    let field = call.path.split('.').nth(1).unwrap_or_default();
    let error = &body["errors"][0]["extensions"];
    let refused = &body["data"][field]["userErrors"][0]["code"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cell = if body["errors"].is_array() {
        word(&text(&error["code"]), &text(&error["reason"]))
    } else if refused.is_string() {
        text(refused)
    } else if body["data"][field].is_null() {
        "null".to_owned()
    } else {
        "ok".to_owned()
    };
    Seen { cell, whole }
}
