//! Input that does not fit its type: a request error that names it, in words for people, and never a fault of ours.

use serde_json::{Value, json};

use crate::platform::{Answer, Platform};

const CREATE: &str = "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id notes version } userErrors { field code } } }";
const FORM: &str = "a time with its offset, for example 2027-01-01T09:00:00+01:00";
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";

fn message(answer: &Answer) -> &str {
    answer.body["errors"][0]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn wrong_values_are_request_errors_that_name_them() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    for wrong in [json!(1_893_456_000), json!(true), json!([]), json!({}), json!("2027-01-01T00:00"), json!("tomorrow")]
    {
        let input = json!({"input": {"url": "https://example.org/", "expiresAt": wrong}});
        let answer = platform.as_page(&ann, CREATE, input).await;
        assert_eq!(answer.code(), INVALID, "{wrong}: {answer:?}");
        assert_eq!(message(&answer), format!("the variable $input.expiresAt must be {FORM}"), "{wrong}");
    }
    let range = "{ analytics(input: {from: 5, until: \"2027-01-01T00:00:00Z\"}) { totals { clicks } } }";
    let max = "mutation { createLink(input: {url: \"https://example.org/\", maxClicks: -1}) { link { id } } }";
    let whole = "must be a whole number from";
    for (document, variables, text) in [
        (range, json!({}), format!("the argument input.from of analytics must be {FORM}")),
        (max, json!({}), format!("the argument input.maxClicks of createLink {whole} 0 to 2147483647")),
        (
            "{ trendingLinks(windowSeconds: 3000000000) { clicks } }",
            json!({}),
            format!("the argument windowSeconds of trendingLinks {whole} 0 to 2147483647"),
        ),
        ("query($i: ID!) { link(id: $i) { id } }", json!({}), "the variable $i is missing: its type is ID!".to_owned()),
        ("query($i: ID!) { link(id: $i) { id } }", json!({"i": null}), "the variable $i must not be null".to_owned()),
        (
            "query($b: Boolean) { version @include(if: $b) }",
            json!({}),
            "the argument if of @include is of type Boolean!, but the variable $b is declared as Boolean".to_owned(),
        ),
        (
            "query($n: Float) { links(first: $n) { nodes { id } } }",
            json!({}),
            "the argument first of links is of type Int, but the variable $n is declared as Float".to_owned(),
        ),
    ] {
        let answer = platform.as_page(&ann, document, variables).await;
        assert_eq!((answer.code(), message(&answer)), (INVALID, text.as_str()), "{document}");
    }
    let sort = platform.as_page(&ann, "{ links(sort: \"UPDATED_DESC\") { nodes { id } } }", json!({})).await;
    assert!(
        sort.code() == INVALID && message(&sort).starts_with("the argument sort of links must be one of"),
        "{sort:?}"
    );
}

#[tokio::test]
async fn what_the_specification_coerces_is_taken() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    for (document, variables) in [
        ("query($n: Int) { links(first: $n) { nodes { id } } }", json!({"n": 10.0})),
        ("query($s: LinkSort) { links(sort: $s) { nodes { id } } }", json!({})),
        ("query($s: LinkSort) { links(sort: $s, first: 5) { ...F } } fragment F on LinkConnection { nodes { id } }", json!({})),
        (
            "query($from: DateTime!, $zone: String, $by: [Dimension!]) {
                analytics(input: {from: $from, until: \"2027-01-02T00:00:00Z\", timeZone: $zone, breakdowns: $by}) { totals { clicks } } }",
            json!({"from": "2027-01-01T00:00:00Z", "by": "COUNTRY"}),
        ),
    ] {
        let answer = platform.as_page(&ann, document, variables).await;
        assert!(answer.body["errors"].is_null() && answer.body["data"].is_object(), "{document}: {answer:?}");
    }
    for (literal, notes) in [(r#""""a \""" b""""#, "a \"\"\" b"), (r#""\ud83d\ude00""#, "😀"), (r#""\u{1F600}""#, "😀")]
    {
        let document = format!(
            "mutation {{ createLink(input: {{url: \"https://example.org/\", notes: {literal}}}) {{ link {{ notes }} }} }}"
        );
        let answer = platform.as_page(&ann, &document, json!({})).await;
        assert_eq!(answer.body["data"]["createLink"]["link"]["notes"], json!(notes), "{answer:?}");
    }
}

#[tokio::test]
async fn strangers_are_told_their_variable_and_nothing_of_the_schema() {
    let platform = Platform::start(|_| {}).await;
    let login = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
    for variables in [json!({}), json!({"input": null}), json!({"input": {"email": 5}})] {
        let answer = Answer::of(platform.post(login, variables.clone())).await;
        assert_eq!(answer.code(), INVALID, "{variables}: {answer:?}");
        assert_eq!(message(&answer), "the variable $input does not fit its type", "{variables}");
    }
}

#[tokio::test]
async fn zero_is_a_version_that_does_not_fit() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let made = platform.as_page(&ann, CREATE, json!({"input": {"url": "https://example.org/"}})).await;
    let id = made.body["data"]["createLink"]["link"]["id"].clone();
    let update =
        "mutation($input: UpdateLinkInput!) { updateLink(input: $input) { link { title } userErrors { code } } }";
    let delete = "mutation($id: ID!, $v: Int) { deleteLink(id: $id, version: $v) { link { id } userErrors { code } } }";
    let code = |answer: &Answer, field: &str| answer.body["data"][field]["userErrors"][0]["code"].clone();
    let stale = platform.as_page(&ann, update, json!({"input": {"id": id, "version": 0, "title": "a"}})).await;
    assert_eq!(code(&stale, "updateLink"), json!("VERSION_MISMATCH"), "{stale:?}");
    let stale = platform.as_page(&ann, delete, json!({"id": id, "v": 0})).await;
    assert_eq!(code(&stale, "deleteLink"), json!("VERSION_MISMATCH"), "{stale:?}");
    let any = platform.as_page(&ann, update, json!({"input": {"id": id, "title": "a"}})).await;
    assert_eq!(any.body["data"]["updateLink"]["link"]["title"], json!("a"), "{any:?}");
}

#[tokio::test]
async fn errors_name_the_argument_that_was_sent() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let long = "x".repeat(300);
    let range = "input: {from: \"2027-01-01T00:00:00Z\", until: \"2027-01-02T00:00:00Z\"}";
    for (document, field) in [
        ("{ links(after: \"noise\") { nodes { id } } }".to_owned(), "after"),
        ("{ links(before: \"noise\", last: 2) { nodes { id } } }".to_owned(), "before"),
        ("{ search(text: \"a\", after: \"noise\") { nodes { id } } }".to_owned(), "after"),
        (
            format!(
                "{{ viewer {{ workspaces {{ analytics(tag: \"{long}\", {range}) {{ totals {{ clicks }} }} }} }} }}"
            ),
            "tag",
        ),
        (
            format!(
                "{{ viewer {{ workspaces {{ analytics(domain: \"{long}\", {range}) {{ totals {{ clicks }} }} }} }} }}"
            ),
            "domain",
        ),
    ] {
        let answer = platform.as_page(&ann, &document, json!({})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["field"], json!(field), "{document}: {answer:?}");
    }
}

#[tokio::test]
async fn s17_below_viewer_a_wrong_name_is_no_different_from_a_right_one() {
    let platform = Platform::start(|_| {}).await;
    let ask = async |document: &str| {
        let answer = Answer::of(platform.post(document, json!({})).header("x-request-id", "matrix")).await;
        (answer.status.as_u16(), answer.body)
    };
    let right = ask("{ viewer { workspaces { webhooks { url } } } }").await;
    assert_eq!(right, (200, json!({"data": {"viewer": Value::Null}})));
    for document in [
        "{ viewer { workspaces { webhooks { urll } } } }",
        "{ viewer { workspacess { webhooks { url } } } }",
        "{ viewer { workspaces { links(first: 10, nothing: 1) { id } } } }",
        "{ ...F } fragment F on Query { viewer { ...G } } fragment G on Nothing { nothing }",
        "query($n: Int) { viewer { workspaces { links(first: $n) { nodes { idd } } } } }",
        "{ ... on Query { viewer { id @nothing } } }",
    ] {
        assert_eq!(ask(document).await, right, "{document}");
    }
}
