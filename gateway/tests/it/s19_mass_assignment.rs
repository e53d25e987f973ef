//! S19: no one sets what is only shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::platform::{Answer, Platform};

/// The code of a request that is not of the schema.
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";

/// What the system alone decides. No input of a mutation may have a field of such a name.
const SHOWN_ONLY: [&str; 15] = [
    "createdAt",
    "updatedAt",
    "deletedAt",
    "disabledReason",
    "emailVerified",
    "lastUsedAt",
    "plan",
    "platformAdmin",
    "prefix",
    "secret",
    "shortUrl",
    "state",
    "totals",
    "usedClicks",
    "userErrors",
];

/// The types of a schema by name, from introspection.
struct Types(BTreeMap<String, Value>);

impl Types {
    async fn of(platform: &Platform) -> Self {
        let schema = platform.ask(include_str!("introspection.graphql")).await;
        let types = schema.body["data"]["__schema"]["types"].as_array().unwrap().clone();
        Self(types.into_iter().map(|of| (of["name"].as_str().unwrap().to_owned(), of)).collect())
    }

    /// Names and types of the fields of an object or an input.
    fn fields(&self, name: &str) -> BTreeMap<&str, &Value> {
        let of = &self.0[name];
        let fields = of["fields"].as_array().or(of["inputFields"].as_array()).unwrap();
        fields.iter().map(|field| (field["name"].as_str().unwrap(), &field["type"])).collect()
    }

    fn kind(&self, name: &str) -> &str {
        self.0[name]["kind"].as_str().unwrap()
    }

    /// The objects that are below an object, at any depth.
    fn below<'s>(&'s self, object: &'s str, found: &mut BTreeSet<&'s str>) {
        for of in self.fields(object).values().map(|of| innermost(of)) {
            if self.kind(of) == "OBJECT" && of != "UserError" && found.insert(of) {
                self.below(of, found);
            }
        }
    }

    /// An input with all that it must have.
    fn filled(&self, input: &str) -> Value {
        let needed = self.fields(input).into_iter().filter(|(_, of)| of["kind"] == "NON_NULL");
        needed.map(|(name, of)| (name.to_owned(), self.value(&of["ofType"]))).collect::<serde_json::Map<_, _>>().into()
    }

    /// Some value of a type.
    fn value(&self, of: &Value) -> Value {
        let name = innermost(of);
        match (of["kind"].as_str().unwrap(), name) {
            ("LIST", _) => json!([]),
            ("INPUT_OBJECT", _) => self.filled(name),
            ("ENUM", _) => self.0[name]["enumValues"][0]["name"].clone(),
            (_, "Boolean") => json!(true),
            (_, "Int" | "Long") => json!(1),
            (_, "DateTime") => json!("2026-11-21T12:00:00Z"),
            _ => json!("1"),
        }
    }
}

/// The name of a type without its lists and exclamation marks.
fn innermost(of: &Value) -> &str {
    match &of["ofType"] {
        Value::Null => of["name"].as_str().unwrap(),
        inner => innermost(inner),
    }
}

#[tokio::test]
async fn s19_no_field_that_is_only_shown_can_be_set() {
    let platform = Platform::start(|config| config.gateway.development = true).await;
    let types = Types::of(&platform).await;
    let mutations = types.0["Mutation"]["fields"].as_array().unwrap();
    let mut tried = 0;
    for mutation in mutations {
        let Some(argument) = mutation["args"].as_array().unwrap().iter().find(|argument| argument["name"] == "input")
        else {
            continue;
        };
        let (name, input) = (mutation["name"].as_str().unwrap(), innermost(&argument["type"]));
        let settable = types.fields(input);
        for shown in SHOWN_ONLY {
            assert!(!settable.contains_key(shown), "{input}.{shown} can be set");
        }
        let mut objects = BTreeSet::new();
        types.below(innermost(&mutation["type"]), &mut objects);
        let shown: BTreeSet<&str> = objects.iter().flat_map(|object| types.fields(object).into_keys()).collect();
        let query = format!("mutation($input: {input}!) {{ {name}(input: $input) {{ __typename }} }}");
        let send = async |input: &Value| Answer::of(platform.post(&query, json!({ "input": input }))).await;
        let filled = types.filled(input);
        let plain = send(&filled).await;
        assert_ne!(plain.code(), INVALID, "{name} takes what it must have: {plain:?}");
        for field in shown.into_iter().filter(|field| !settable.contains_key(field)) {
            let mut more = filled.clone();
            more[field] = json!("1");
            let answer = send(&more).await;
            assert_eq!(answer.code(), INVALID, "{name}: {field}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} fields were tried");
}
