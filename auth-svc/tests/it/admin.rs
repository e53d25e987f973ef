use auth_svc::admin::{self, AccountState, NewUser};
use curtail_proto::{auth::v1::revocation::Subject, events::v1::envelope::Payload};

use crate::{
    registration::events,
    test_app::{PASSWORD, TestApp, reason},
};

fn new_user(email: &str, password: &str) -> NewUser {
    NewUser { email: email.into(), password: password.into(), full_name: "The Operator".into(), platform_admin: true }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_makes_and_promotes_users_and_the_service_publishes_it() {
    let app = TestApp::new().await;
    let id = admin::create_user(&app.config, new_user("root@example.com", PASSWORD)).await.unwrap();
    let login = app.login("root@example.com", PASSWORD, "192.0.2.1", "").await.unwrap();
    let user = login.user.unwrap();
    assert!(user.id == id && user.platform_admin);

    let ada = app.register("ada@example.com").await.user.unwrap();
    assert_eq!(admin::promote_user(&app.config, "Ada@example.com").await.unwrap(), ada.id);
    let login = app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap();
    assert!(login.user.unwrap().platform_admin);
    let facts: Vec<_> = events(&app, 6).await.into_iter().filter_map(|envelope| envelope.payload).collect();
    assert!(
        facts.iter().any(|fact| matches!(fact, Payload::UserRegistered(fact) if fact.user.as_ref().unwrap().id == id))
    );
    let told = |fact: &Payload| match fact {
        Payload::CredentialRevoked(fact) => fact.revocation.as_ref().unwrap().subject == Some(Subject::UserId(ada.id)),
        _ => false,
    };
    assert!(facts.iter().any(told));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rules_apply_to_the_operator() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    for (email, password, expected) in [
        ("ada@example.com", PASSWORD, "exists"),
        ("unknown", PASSWORD, "e-mail address"),
        ("new@example.com", "password", "too easy"),
    ] {
        let refused = admin::create_user(&app.config, new_user(email, password)).await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let refused = admin::promote_user(&app.config, "eve@example.com").await.unwrap_err();
    assert!(refused.to_string().contains("no account"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_suspends_activates_and_erases_accounts() {
    let app = TestApp::new().await;
    let ada = app.register("ada@example.com").await.tokens.unwrap();
    let sign_in = async || app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await;
    admin::set_account_state(&app.config, "Ada@example.com", AccountState::Suspended).await.unwrap();
    assert_eq!(reason(sign_in().await), "ACCOUNT_SUSPENDED");
    assert!(!app.is_signed_in(&ada).await);
    admin::set_account_state(&app.config, "ada@example.com", AccountState::Active).await.unwrap();
    assert!(sign_in().await.is_ok());
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_log WHERE actor_kind = 3 ORDER BY id")
        .fetch_all(&app.state().pool)
        .await
        .unwrap();
    assert_eq!(actions, ["account.status_changed", "account.status_changed"]);
    admin::set_account_state(&app.config, "ada@example.com", AccountState::Erased).await.unwrap();
    assert_eq!(reason(sign_in().await), "BAD_CREDENTIALS");
    assert!(admin::set_account_state(&app.config, "ada@example.com", AccountState::Active).await.is_err());
}
