//! S17: what strangers learn of the schema and of our insides.

use serde_json::Value;

use crate::platform::Platform;

/// At fields that are for everybody. What is guessed at others is in `access::guessing`.
const GUESSES: [&str; 5] = [
    "{ viewer }",
    "{ version { id } }",
    "{ viewer(cod: \"a\") { id } }",
    "mutation { login(input: {emial: \"a\"}) { tokens { accessToken } } }",
    "query($x: LoginInput) { version }",
];

#[tokio::test]
async fn s17_strangers_learn_nothing_of_the_schema() {
    let platform = Platform::start(|_| {}).await;
    let mut answers = Vec::new();
    for guess in GUESSES {
        let answer = platform.ask(guess).await;
        assert_eq!(answer.status, 400, "{guess}");
        let mut error = answer.body["errors"][0].clone();
        error["extensions"]["requestId"] = Value::Null;
        answers.push(error);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "wrong guesses can not be told apart: {answers:?}");

    // Below a field that is null for strangers, a wrong name is no different from a right one.
    for document in ["{ viewer { passwrd } }", "{ viewer { email } }"] {
        let answer = platform.ask(document).await;
        assert_eq!((answer.status.as_u16(), &answer.body["data"]["viewer"]), (200, &Value::Null), "{document}");
        assert!(answer.body.get("errors").is_none(), "{document}: {answer:?}");
    }

    let schema = platform.ask("{ __schema { types { name } } }").await;
    assert_eq!((schema.status.as_u16(), schema.code()), (400, "INTROSPECTION_DISABLED"));
    let hidden =
        platform.ask("{ a: __type(name: \"Query\") { name fields { name } } b: __type(name: \"X\") { name } }").await;
    assert_eq!((&hidden.body["data"]["a"], &hidden.body["data"]["b"]), (&Value::Null, &Value::Null), "{hidden:?}");
    assert!(hidden.body.get("extensions").is_none(), "no tracing");
}

#[tokio::test]
async fn s17_callers_see_errors_and_developers_suggestions() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let answer = platform.as_page(&cookies, "{ lnk { id } }", Value::Null).await;
    let message = answer.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("lnk") && !message.contains("mean"), "{message}");
    let schema = platform.as_page(&cookies, include_str!("introspection.graphql"), Value::Null).await;
    assert!(schema.body["data"]["__schema"]["types"].as_array().unwrap().len() > 10, "{schema:?}");

    let development = Platform::start(|config| config.gateway.development = true).await;
    let answer = development.ask("{ lnk { id } }").await;
    assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("Did you mean"), "{answer:?}");
    let schema = development.ask(include_str!("introspection.graphql")).await;
    assert_eq!(schema.status, 200, "{schema:?}");
}
