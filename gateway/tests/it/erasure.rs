//! Taking an account along, and its end.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::{PASSWORD, Platform};

#[tokio::test]
async fn s40_an_account_is_exported_and_erased() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let export = "mutation { exportAccount { account userErrors { code } } }";
    let exported = platform.as_page(&cookies, export, Value::Null).await;
    let account = &exported.body["data"]["exportAccount"]["account"];
    assert_eq!(account["account"]["email"], "ann@example.org", "{exported:?}");
    assert_eq!(account["auditLog"][0]["action"], "session.opened");
    assert_eq!(account["notifications"]["phoneNumber"], Value::Null);
    let weekly = json!({"kind": "WEEKLY_REPORT", "email": true, "sms": false});
    let preferences = account["notifications"]["preferences"].as_array().unwrap();
    assert!(preferences.contains(&weekly), "{preferences:?}");

    let erase = "mutation($p: String!) { eraseAccount(currentPassword: $p) { done userErrors { field code } } }";
    let refused = platform.as_page(&cookies, erase, json!({"p": "wrong"})).await;
    let blamed = &refused.body["data"]["eraseAccount"]["userErrors"][0];
    assert_eq!(blamed, &json!({"field": "currentPassword", "code": "BAD_CREDENTIALS"}), "{refused:?}");
    let erased = platform.as_page(&cookies, erase, json!({"p": PASSWORD})).await;
    assert_eq!(erased.body["data"]["eraseAccount"]["done"], true, "{erased:?}");
    let gone = async || platform.as_page(&cookies, "{ viewer { email } }", Value::Null).await.status == 401;
    curtail_testkit::until(gone, Duration::from_secs(5), "the session has ended").await;
    platform.register("ann").await;
}
