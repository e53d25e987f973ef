//! Signing up where addresses are private, and coming back after the password is forgotten: by mail.

use curtail_proto::events::v1::envelope::Payload;
use serde_json::{Value, json};

use crate::platform::{Answer, PASSWORD, Platform};

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    viewer { id } workspace { id } tokens { accessToken } verificationRequired userErrors { field code } } }";
const VERIFY: &str = "mutation($token: String!) { verifyEmail(token: $token) {
    tokens { accessToken } userErrors { field code } } }";
const LOGIN: &str =
    "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } userErrors { code } } }";

async fn ask(platform: &Platform, query: &str, variables: Value) -> Answer {
    Answer::of(platform.post(query, variables)).await
}

fn who(name: &str) -> Value {
    json!({"input": {"email": format!("{name}@example.org"), "password": PASSWORD, "fullName": name}})
}

fn sign_in(password: &str) -> Value {
    json!({"input": {"email": "ann@example.org", "password": password}})
}

#[tokio::test]
async fn s12_a_sign_up_says_the_same_to_everybody_and_the_mail_says_the_rest() {
    let platform = Platform::start(|config| config.auth.private_signup = true).await;
    let first = ask(&platform, REGISTER, who("ann")).await;
    let payload = &first.body["data"]["register"];
    assert_eq!(payload["verificationRequired"], true, "{first:?}");
    assert_eq!((&payload["viewer"], &payload["tokens"]), (&Value::Null, &Value::Null));
    assert!(first.cookies().is_empty());
    let token = platform
        .mailed(|fact| match fact {
            Payload::EmailVerificationRequested(fact) => Some(fact.token),
            _ => None,
        })
        .await;
    let early = ask(&platform, LOGIN, sign_in(PASSWORD)).await;
    assert_eq!(early.body["data"]["login"]["userErrors"][0]["code"], "BAD_CREDENTIALS");

    let verified = ask(&platform, VERIFY, json!({"token": token})).await;
    assert_eq!(verified.body["data"]["verifyEmail"]["userErrors"], json!([]), "{verified:?}");
    let viewer = platform.as_page(&verified.cookies(), "{ viewer { email emailVerified } }", Value::Null).await;
    assert_eq!(viewer.body["data"]["viewer"], json!({"email": "ann@example.org", "emailVerified": true}));
    assert!(ask(&platform, LOGIN, sign_in(PASSWORD)).await.body["data"]["login"]["tokens"].is_object());
    let again = ask(&platform, VERIFY, json!({"token": token})).await;
    let refused = &again.body["data"]["verifyEmail"]["userErrors"][0];
    assert_eq!(refused, &json!({"field": "token", "code": "MAIL_TOKEN_INVALID"}));

    let second = ask(&platform, REGISTER, who("ann")).await;
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    let told = |fact| if let Payload::SignupAttempted(fact) = fact { Some(fact.email) } else { None };
    assert_eq!(platform.mailed(told).await, "ann@example.org");
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_mail_and_ends_every_session() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let request = "mutation($email: String!) { requestPasswordReset(email: $email) { done userErrors { code } } }";
    let known = ask(&platform, request, json!({"email": "ann@example.org"})).await;
    let unknown = ask(&platform, request, json!({"email": "nobody@example.org"})).await;
    assert_eq!(known.body, unknown.body);
    assert_eq!(known.body["data"]["requestPasswordReset"], json!({"done": true, "userErrors": []}));
    let resend = "mutation($email: String!) { resendVerification(email: $email) { done userErrors { code } } }";
    let known = ask(&platform, resend, json!({"email": "ann@example.org"})).await;
    assert_eq!(known.body, ask(&platform, resend, json!({"email": "nobody@example.org"})).await.body);

    let token =
        platform.mailed(|fact| if let Payload::PasswordResetRequested(f) = fact { Some(f.token) } else { None });
    let token = token.await;
    let reset = "mutation($token: String!, $new: String!) { resetPassword(token: $token, newPassword: $new) { done userErrors { field code } } }";
    let weak = ask(&platform, reset, json!({"token": token, "new": "password"})).await;
    let blamed = &weak.body["data"]["resetPassword"]["userErrors"][0];
    assert_eq!(blamed, &json!({"field": "newPassword", "code": "WEAK_PASSWORD"}), "{weak:?}");
    let new = "seven violet trains hum 9";
    let done = ask(&platform, reset, json!({"token": token, "new": new})).await;
    assert_eq!(done.body["data"]["resetPassword"], json!({"done": true, "userErrors": []}), "{done:?}");

    let ended = async || platform.as_page(&cookies, "{ viewer { email } }", Value::Null).await.status == 401;
    curtail_testkit::until(ended, std::time::Duration::from_secs(10), "the old session has ended").await;
    assert_eq!(ask(&platform, LOGIN, sign_in(PASSWORD)).await.body["data"]["login"]["tokens"], Value::Null);
    assert!(ask(&platform, LOGIN, sign_in(new)).await.body["data"]["login"]["tokens"].is_object());
    let spent = ask(&platform, reset, json!({"token": token, "new": PASSWORD})).await;
    assert_eq!(spent.body["data"]["resetPassword"]["userErrors"][0]["code"], "MAIL_TOKEN_INVALID");
}
