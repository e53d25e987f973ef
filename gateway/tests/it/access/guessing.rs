//! S17: a stranger who guesses names, as the tool clairvoyance does, learns of no field, argument or type that is not for strangers.
//!
//! The tool sends words out of a list in documents of a few forms and reads from the answers which of them exist: from "did you
//! mean", from what a field is said to want, from anything that is different. Here each form is sent with every name of the
//! schema, with names that come close and with whole documents that fit; whatever comes back must be, to the letter, what a
//! name gets that no one ever gave to anything.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::caller::Who;
use super::calls;
use super::schema::Schema;
use super::table;
use super::world::nothing;
use crate::platform::{Answer, Platform};

/// A name that is not in the schema, and like none that is.
const NO_NAME: &str = "Qzvxkjw";

/// Forms in which a field is tried; `W` stands for its name and `K` for the kind of operation.
const FIELD_FORMS: [&str; 14] = [
    "K { W }",
    "K { W { __typename } }",
    "K { W { lol } }",
    "K { W { id } }",
    "K { W { nodes { id } userErrors { code } } }",
    "K { W(id: 7) { __typename } }",
    "K { W(lol: 7) { __typename } }",
    "K { W(input: {lol: 7}) { __typename } }",
    "K { W(first: 1000) { nodes { id } } }",
    "K { a: W { __typename } b: W { lol } }",
    "K { W @include(if: true) { __typename } }",
    "K($x: Int) { W(first: $x) { __typename } }",
    "K { ...F } fragment F on Query { W { __typename } }",
    "K { ... { W } __typename }",
];

/// Forms in which a type is tried.
const TYPE_FORMS: [&str; 6] = [
    "{ __type(name: \"W\") { name kind fields { name } inputFields { name } } }",
    "query($x: W) { version }",
    "query($x: W) { version @include(if: $x) }",
    "{ version ... on W { id } }",
    "{ ...F } fragment F on W { id }",
    "{ version } fragment F on W { __typename }",
];

/// An answer without what is different in every one.
async fn answer(platform: &Platform, document: &str, variables: Value) -> (u16, String, Option<String>, Value) {
    let answer = Answer::of(platform.post(document, variables).header("x-request-id", "matrix")).await;
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = header("content-type").unwrap_or_default();
    (answer.status.as_u16(), kind, header("content-length"), answer.body)
}

/// `name` with a letter less, one more, two that changed places, and in another case.
fn near(name: &str) -> [String; 4] {
    let (first, rest) = name.split_at(1);
    let (second, others) = rest.split_at(1);
    [rest.to_owned(), format!("{name}s"), format!("{second}{first}{others}"), name.to_uppercase()]
}

/// Root fields that are not for strangers, with the kind of their operation.
fn closed_fields() -> BTreeSet<(String, String)> {
    let fields = Schema::read().fields();
    let roots = fields.iter().filter_map(|name| {
        let (of, field) = name.split_once('.')?;
        let root = matches!(of, "Query" | "Mutation" | "Subscription");
        root.then(|| (of.to_lowercase(), field.to_owned()))
    });
    roots.filter(|(_, field)| !gateway::limits::OPEN_FIELDS.contains(&field.as_str())).collect()
}

#[test]
fn s17_open_fields_are_those_that_nobody_may_ask_for() {
    let rows = table::rows("graphql");
    let open = rows.iter().filter(|row| matches!(row.expected(Who::Nobody), "ok" | "proof" | "null"));
    let roots =
        open.filter_map(|row| row.subject().split_once('.').filter(|(of, _)| matches!(*of, "Query" | "Mutation")));
    let expected: BTreeSet<&str> = roots.map(|(_, field)| field).collect();
    let stated = gateway::limits::OPEN_FIELDS.iter().filter(|name| !name.starts_with("__")).copied().collect();
    assert_eq!(expected, stated);
    let schema = Schema::read();
    let inputs = |name: &&str| schema.inputs("Query", name).into_iter().chain(schema.inputs("Mutation", name));
    let inputs: BTreeSet<String> = expected.iter().flat_map(inputs).collect();
    let open = |name: &String| gateway::limits::OPEN_INPUTS.contains(&name.as_str());
    assert!(inputs.iter().all(open), "types of their arguments: {inputs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_guesses_of_fields_recover_nothing() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 10_000_000).await;
    let closed = closed_fields();
    assert!(closed.len() > 30, "{closed:?}");
    for form in FIELD_FORMS {
        for kind in ["query", "mutation", "subscription"] {
            let document = |name: &str| form.replace('K', kind).replace('W', name);
            let unknown = answer(&platform, &document(NO_NAME), json!({})).await;
            check_form_of_error(&unknown.3);
            let names = closed.iter().filter(|(of, _)| of == kind).map(|(_, field)| field);
            // The ways to come close take turns.
            let close = names.clone().enumerate().map(|(turn, name)| near(name)[turn % 4].clone());
            for name in names.cloned().chain(close) {
                assert_eq!(answer(&platform, &document(&name), json!({})).await, unknown, "{}", document(&name));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_documents_that_fit_recover_nothing_either() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 10_000_000).await;
    let schema = Schema::read();
    let closed = closed_fields();
    let unknown = answer(&platform, &format!("{{ {NO_NAME} }}"), json!({})).await;
    let mut tried = 0;
    for call in calls::all() {
        let (kind, path) = call.path.split_once('.').unwrap();
        let root = path.split('.').next().unwrap();
        if kind != "subscription" && closed.contains(&(kind.to_owned(), root.to_owned())) {
            let variables = (call.variables)(&nothing());
            let document = schema.document(call.path, &variables);
            assert_eq!(answer(&platform, &document, variables).await, unknown, "{document}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_guesses_of_types_recover_nothing() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 10_000_000).await;
    let schema = Schema::read();
    let types = schema.types();
    assert!(types.len() > 80, "{types:?}");
    for form in TYPE_FORMS {
        let unknown = answer(&platform, &form.replace('W', NO_NAME), json!({})).await;
        for name in types.iter().filter(|name| !gateway::limits::OPEN_INPUTS.contains(&name.as_str())) {
            let document = form.replace('W', name);
            assert_eq!(answer(&platform, &document, json!({})).await, unknown, "{document}");
        }
    }
}

/// A message, a code and the request's id; nothing of where, what or why.
fn check_form_of_error(body: &Value) {
    let errors = body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{body}");
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&errors[0]), BTreeSet::from(["extensions".into(), "message".into()]), "{body}");
    assert_eq!(names(&errors[0]["extensions"]), BTreeSet::from(["code".into(), "requestId".into()]), "{body}");
    assert!(!body.to_string().contains("mean") && body.get("extensions").is_none(), "{body}");
}
