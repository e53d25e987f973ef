//! The cases of graphql-js (`execution/__tests__/variables-test.ts`, `validation/__tests__/ValuesOfCorrectTypeRule-test.ts`,
//! `VariablesInAllowedPositionRule-test.ts`), in our own words.

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use serde_json::{Value as Json, json};

use super::*;
use crate::limits::operation;

const SDL: &str = "
scalar DateTime
enum Sort { UP DOWN }
input Complex { required: String!, n: Int, sort: Sort, list: [Int!], flag: Boolean! = true, at: DateTime, max: Int }
type Query {
  int(n: Int): String
  intNonNull(n: Int!): String
  page(first: Int! = 20, max: Int): String
  float(n: Float): String
  string(s: String): String
  id(i: ID!): String
  flag(b: Boolean!): String
  sort(sort: Sort! = UP): String
  at(at: DateTime): String
  list(l: [Int]): String
  listNonNull(l: [Int!]!): String
  nested(l: [[Int!]!]): String
  complex(c: Complex): String
}";

fn types() -> InputTypes {
    let instant = CustomScalar {
        name: "DateTime",
        form: "a time",
        accepts: |value| matches!(value, async_graphql::Value::String(text) if text.starts_with("20")),
    };
    InputTypes::from_sdl(SDL, &[instant], &["max"]).unwrap()
}

fn coerce(document: &str, variables: Json) -> Result<Json, String> {
    let document = parse_query(document).unwrap();
    let selected = operation(&document, None).unwrap();
    let coerced = types().coerce(&document, selected, &Variables::from_json(variables));
    coerced.map(|variables| serde_json::to_value(&variables).unwrap()).map_err(|invalid| invalid.message)
}

#[test]
fn variables_are_coerced() {
    for (ty, field, given, expected) in [
        ("Int", "int(n: $v)", json!({"v": 10.0}), json!({"v": 10})),
        ("Int", "int(n: $v)", json!({"v": -2_147_483_648_i64}), json!({"v": -2_147_483_648_i64})),
        ("Int", "int(n: $v)", json!({"v": null}), json!({"v": null})),
        ("Int", "int(n: $v)", json!({}), json!({})),
        ("Int = 7", "int(n: $v)", json!({}), json!({"v": 7})),
        ("Int = 7", "int(n: $v)", json!({"v": null}), json!({"v": null})),
        ("Int = 7", "intNonNull(n: $v)", json!({}), json!({"v": 7})),
        ("Int! = 7", "intNonNull(n: $v)", json!({}), json!({"v": 7})),
        ("Float", "float(n: $v)", json!({"v": 1}), json!({"v": 1})),
        ("Float", "float(n: $v)", json!({"v": 1.5}), json!({"v": 1.5})),
        ("ID!", "id(i: $v)", json!({"v": 4}), json!({"v": "4"})),
        ("ID!", "id(i: $v)", json!({"v": 4.0}), json!({"v": "4"})),
        ("ID!", "id(i: $v)", json!({"v": "x"}), json!({"v": "x"})),
        ("Sort!", "sort(sort: $v)", json!({"v": "DOWN"}), json!({"v": "DOWN"})),
        ("Sort", "sort(sort: $v)", json!({}), json!({})),
        ("DateTime", "at(at: $v)", json!({"v": "2027"}), json!({"v": "2027"})),
        ("[Int]", "list(l: $v)", json!({"v": [1, null]}), json!({"v": [1, null]})),
        ("[Int]", "list(l: $v)", json!({"v": 3}), json!({"v": [3]})),
        ("[[Int!]!]", "nested(l: $v)", json!({"v": 3}), json!({"v": [[3]]})),
        ("[[Int!]!]", "nested(l: $v)", json!({"v": [1, 2]}), json!({"v": [[1], [2]]})),
        ("[Int!]!", "listNonNull(l: $v)", json!({"v": []}), json!({"v": []})),
        (
            "Complex",
            "complex(c: $v)",
            json!({"v": {"required": "a", "n": 3.0, "sort": "UP", "list": 1, "at": null}}),
            json!({"v": {"required": "a", "n": 3, "sort": "UP", "list": [1], "flag": true, "at": null}}),
        ),
        // What the operation does not declare is not looked at.
        ("Int", "int(n: $v)", json!({"v": 1, "other": {}}), json!({"v": 1})),
    ] {
        let document = format!("query($v: {ty}) {{ {field} }}");
        assert_eq!(coerce(&document, given.clone()), Ok(expected), "{document} {given}");
    }
}

#[test]
fn variables_that_do_not_fit_are_named() {
    let int = "must be a whole number from -2147483648 to 2147483647";
    for (ty, field, given, problem) in [
        ("ID!", "id(i: $v)", json!({}), "is missing: its type is ID!"),
        ("ID!", "id(i: $v)", json!({"v": null}), "must not be null"),
        ("ID!", "id(i: $v)", json!({"v": true}), "must be an identifier, which is a string"),
        ("Int", "int(n: $v)", json!({"v": 10.5}), int),
        ("Int", "int(n: $v)", json!({"v": "10"}), int),
        ("Int", "int(n: $v)", json!({"v": true}), int),
        ("Int", "int(n: $v)", json!({"v": 2_147_483_648_i64}), int),
        ("Int", "int(n: $v)", json!({"v": 1e300}), int),
        ("Int", "page(max: $v)", json!({"v": -1}), "must be a whole number from 0 to 2147483647"),
        ("Float", "float(n: $v)", json!({"v": "1"}), "must be a number"),
        ("String", "string(s: $v)", json!({"v": 1}), "must be a string"),
        ("String", "string(s: $v)", json!({"v": ["a"]}), "must be a string"),
        ("Boolean!", "flag(b: $v)", json!({"v": "true"}), "must be true or false"),
        ("Boolean!", "flag(b: $v)", json!({"v": 1}), "must be true or false"),
        ("Sort!", "sort(sort: $v)", json!({"v": "LEFT"}), "must be one of DOWN, UP"),
        ("Sort!", "sort(sort: $v)", json!({"v": 1}), "must be one of DOWN, UP"),
        ("DateTime", "at(at: $v)", json!({"v": 1_893_456_000}), "must be a time"),
        ("DateTime", "at(at: $v)", json!({"v": "tomorrow"}), "must be a time"),
        ("DateTime", "at(at: $v)", json!({"v": []}), "must be a time"),
        ("DateTime", "at(at: $v)", json!({"v": {}}), "must be a time"),
        ("Complex", "complex(c: $v)", json!({"v": "a"}), "must be an object"),
    ] {
        let document = format!("query($v: {ty}) {{ {field} }}");
        let expected = format!("the variable $v {problem}");
        assert_eq!(coerce(&document, given.clone()), Err(expected), "{document} {given}");
    }
    for (given, path, problem) in [
        (json!({}), "v.required", "is missing"),
        (json!({"required": null}), "v.required", "must not be null"),
        (json!({"required": "a", "n": "b"}), "v.n", int),
        (json!({"required": "a", "list": [1, null]}), "v.list[1]", "must not be null"),
        (json!({"required": "a", "list": [1, "b"]}), "v.list[1]", int),
        (json!({"required": "a", "flag": null}), "v.flag", "must not be null"),
        (json!({"required": "a", "at": true}), "v.at", "must be a time"),
        (json!({"required": "a", "max": -1}), "v.max", "must be a whole number from 0 to 2147483647"),
        (json!({"required": "a", "more": 1}), "v", "has no field more"),
    ] {
        let result = coerce("query($v: Complex) { complex(c: $v) }", json!({"v": given.clone()}));
        assert_eq!(result, Err(format!("the variable ${path} {problem}")), "{given}");
    }
}

#[test]
fn literals_have_the_type_of_their_argument() {
    let int = "must be a whole number from -2147483648 to 2147483647";
    for (field, problem) in [
        ("int(n: 1)", None),
        ("int(n: null)", None),
        ("int(n: 10.0)", Some(("n of int", int))),
        ("int(n: \"1\")", Some(("n of int", int))),
        ("int(n: 2147483648)", Some(("n of int", int))),
        ("int(n: 123456789012345678901234567890)", Some(("n of int", int))),
        ("intNonNull(n: null)", Some(("n of intNonNull", "must not be null"))),
        ("page(max: -1)", Some(("max of page", "must be a whole number from 0 to 2147483647"))),
        ("float(n: 1)", None),
        ("float(n: 1.5)", None),
        ("float(n: true)", Some(("n of float", "must be a number"))),
        ("string(s: 1)", Some(("s of string", "must be a string"))),
        ("string(s: UP)", Some(("s of string", "must be a string"))),
        ("id(i: 1)", None),
        ("id(i: \"a\")", None),
        ("id(i: 1.5)", Some(("i of id", "must be an identifier, which is a string"))),
        ("id(i: true)", Some(("i of id", "must be an identifier, which is a string"))),
        ("flag(b: 1)", Some(("b of flag", "must be true or false"))),
        ("sort(sort: DOWN)", None),
        ("sort(sort: \"DOWN\")", Some(("sort of sort", "must be one of DOWN, UP"))),
        ("sort(sort: LEFT)", Some(("sort of sort", "must be one of DOWN, UP"))),
        ("at(at: 5)", Some(("at of at", "must be a time"))),
        ("at(at: \"tomorrow\")", Some(("at of at", "must be a time"))),
        ("list(l: 1)", None),
        ("list(l: [1, null])", None),
        ("list(l: [1, \"b\"])", Some(("l[1] of list", int))),
        ("listNonNull(l: [1, null])", Some(("l[1] of listNonNull", "must not be null"))),
        ("complex(c: {required: \"a\", sort: UP})", None),
        ("complex(c: {required: \"a\", sort: \"UP\"})", Some(("c.sort of complex", "must be one of DOWN, UP"))),
        ("complex(c: {})", Some(("c.required of complex", "is missing"))),
        ("complex(c: {required: null})", Some(("c.required of complex", "must not be null"))),
        ("complex(c: {required: \"a\", more: 1})", Some(("c of complex", "has no field more"))),
        ("complex(c: {required: \"a\", at: 5})", Some(("c.at of complex", "must be a time"))),
        ("complex(c: 1)", Some(("c of complex", "must be an object"))),
        ("int @include(if: \"a\")", Some(("if of @include", "must be true or false"))),
    ] {
        let expected = problem.map_or(Ok(json!({})), |(path, problem)| Err(format!("the argument {path} {problem}")));
        assert_eq!(coerce(&format!("{{ {field} }}"), json!({})), expected, "{field}");
        let fragment = format!("{{ ...F ...F }} fragment F on Query {{ ... on Query {{ {field} }} }}");
        assert_eq!(coerce(&fragment, json!({})), expected, "{fragment}");
    }
}

#[test]
fn variables_stand_only_where_their_type_fits() {
    for (ty, field, fits) in [
        ("Boolean", "flag(b: $v)", false),
        ("Boolean!", "flag(b: $v)", true),
        ("Boolean = true", "flag(b: $v)", true),
        ("Boolean = null", "flag(b: $v)", false),
        ("Boolean", "int @include(if: $v)", false),
        ("Boolean!", "int @skip(if: $v)", true),
        ("Int", "page(first: $v)", true),
        ("Int!", "int(n: $v)", true),
        ("Float", "int(n: $v)", false),
        ("Int", "float(n: $v)", false),
        ("String", "sort(sort: $v)", false),
        ("[Int!]", "list(l: $v)", true),
        ("[Int]", "listNonNull(l: $v)", false),
        ("Int", "list(l: $v)", false),
        ("Int", "list(l: [$v])", true),
        ("Int", "listNonNull(l: [$v])", false),
        ("String!", "complex(c: {required: $v})", true),
        ("String", "complex(c: {required: $v})", false),
        ("Boolean", "complex(c: {required: \"a\", flag: $v})", true),
    ] {
        let document = format!("query($v: {ty}) {{ {field} }}");
        let given = if ty.contains("Int!") && ty.starts_with('[') { json!([1]) } else { Json::Null };
        let result =
            coerce(&document, if ty.contains('!') || ty.contains('=') { json!({"v": given}) } else { json!({}) });
        let refused = result.as_ref().is_err_and(|message| message.contains("but the variable $v is declared as"));
        assert_eq!(refused, !fits, "{document} {result:?}");
    }
}

#[test]
fn strangers_are_told_no_names_of_the_schema() {
    let document = parse_query("query($v: Complex) { complex(c: $v) }").unwrap();
    let selected = operation(&document, None).unwrap();
    let invalid = types().coerce(&document, selected, &Variables::from_json(json!({"v": {}}))).unwrap_err();
    assert_eq!(invalid.to_error(false).message, "the variable $v does not fit its type");
    let document = parse_query("{ int(n: true) }").unwrap();
    let selected = operation(&document, None).unwrap();
    let invalid = types().coerce(&document, selected, &Variables::default()).unwrap_err();
    assert_eq!(invalid.to_error(false).message, "the document or its variables do not fit the schema");
}

#[test]
fn usages_of_absent_variables_are_dropped() {
    let rewritten = |document: &str, name: Option<&str>, variables: Json| {
        let document = parse_query(document).unwrap();
        let changed = without_absent(&document, name, &Variables::from_json(variables));
        changed.map(|document| format!("{document:?}"))
    };
    let document = "query A($a: Int, $b: Int) { int(n: $a) list(l: [$a, $b]) ...F } query B { ...G }
        fragment F on Query { complex(c: {required: \"a\", n: $a}) } fragment G on Query { int }";
    assert_eq!(rewritten(document, Some("A"), json!({"a": 1, "b": 2})), None);
    let changed = rewritten(document, Some("A"), json!({"b": 2})).unwrap();
    assert!(!changed.contains("Variable(Name(\"a\"))") && changed.contains("Variable(Name(\"b\"))"), "{changed}");
    let unused = rewritten("query($a: Int, $b: Int) { int(n: $a) }", None, json!({})).unwrap();
    assert!(unused.contains("Name(\"b\")") && !unused.contains("Name(\"a\")"), "validation refuses $b: {unused}");
    assert!(!changed.contains("\"G\""), "only what the operation uses is left: {changed}");
}

#[test]
fn what_an_anonymous_caller_cannot_read_is_cut() {
    let cut = |document: &str| {
        let document = parse_query(document).unwrap();
        narrow(&document, None, &["int"]).unwrap().map(|document| format!("{document:?}"))
    };
    assert_eq!(cut("{ float }"), None);
    for document in [
        "{ int { secret(n: 1) } }",
        "query($v: Int) { x: int { a(n: $v) } }",
        "{ ...F } fragment F on Query { ... { int { ...G } } } fragment G on Other { secret }",
    ] {
        let cut = cut(document).unwrap();
        assert!(cut.contains("__typename") && !cut.contains("secret") && !cut.contains("\"v\""), "{cut}");
    }
}
