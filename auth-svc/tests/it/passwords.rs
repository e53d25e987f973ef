use curtail_proto::{
    auth::v1::{ChangePasswordRequest, EstimatePasswordRequest, GeneratePasswordRequest},
    events::v1::envelope::Payload,
};
use curtail_rpc::Error;

use crate::{
    registration::events,
    test_app::{PASSWORD, TestApp, answer, as_service, as_user, blame, reason},
};

const NEW: &str = "amber-falcon-thimble-17";

async fn change(app: &TestApp, internal: &str, current: &str, new: &str) -> Result<(), Error> {
    let request = ChangePasswordRequest { current_password: current.into(), new_password: new.into(), client: None };
    answer(app.client().change_password(as_user(internal, request)).await).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_all_other_sessions() {
    let app = TestApp::new().await;
    let own = app.register("ada@example.com").await.tokens.unwrap();
    let other = app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap().tokens.unwrap();
    let internal = app.internal(&own).await;
    change(&app, &internal, PASSWORD, NEW).await.unwrap();
    assert!(app.is_signed_in(&own).await);
    assert!(!app.is_signed_in(&other).await);
    assert_eq!(reason(app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await), "BAD_CREDENTIALS");
    app.login("ada@example.com", NEW, "192.0.2.1", "").await.unwrap();
    let facts = events(&app, 4).await;
    assert!(facts.iter().any(|fact| matches!(fact.payload, Some(Payload::PasswordChanged(_)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_password_is_needed_and_the_new_one_must_be_strong() {
    let app = TestApp::new().await;
    let internal = app.internal(&app.register("ada@example.com").await.tokens.unwrap()).await;
    let refused = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    assert_eq!(blame(change(&app, &internal, "x", NEW).await), refused("BAD_CREDENTIALS", "current_password"));
    assert_eq!(blame(change(&app, &internal, PASSWORD, "abc").await), refused("WEAK_PASSWORD", "new_password"));
    assert_eq!(blame(change(&app, &internal, PASSWORD, PASSWORD).await), refused("WEAK_PASSWORD", "new_password"));
    let long = "x".repeat(257);
    assert_eq!(blame(change(&app, &internal, PASSWORD, &long).await), refused("PASSWORD_TOO_LONG", "new_password"));
    assert_eq!(blame(change(&app, &internal, &long, NEW).await), refused("PASSWORD_TOO_LONG", "current_password"));
    // A person who found an open browser cannot keep guessing.
    for _ in 0..9 {
        assert_eq!(reason(change(&app, &internal, "x", NEW).await), "BAD_CREDENTIALS");
    }
    assert_eq!(reason(change(&app, &internal, PASSWORD, NEW).await), "TOO_MANY_ATTEMPTS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_the_same_in_every_unicode_form() {
    let app = TestApp::new().await;
    let (composed, decomposed) = ("violet-caf\u{e9}-stapler-42", "violet-cafe\u{301}-stapler-42");
    for (n, first, second) in [(1, composed, decomposed), (2, decomposed, composed)] {
        let email = format!("ada{n}@example.com");
        let pair = app.try_register(&email, first, "Ada").await.unwrap().tokens.unwrap();
        app.login(&email, second, "192.0.2.1", "").await.unwrap();
        let internal = app.internal(&pair).await;
        change(&app, &internal, composed, "amber-cafe\u{301}\u{a0}thimble-17").await.unwrap();
        app.login(&email, "amber-caf\u{e9} thimble-17", "192.0.2.1", "").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_the_password_as_it_was_sent_is_replaced_at_the_next_login() {
    let app = TestApp::new().await;
    let (composed, decomposed) = ("violet-caf\u{e9}-stapler-42", "violet-cafe\u{301}-stapler-42");
    let user = app.try_register("ada@example.com", composed, "Ada").await.unwrap().user.unwrap();
    let raw = {
        use argon2::{Argon2, password_hash::PasswordHasher as _};
        Argon2::default().hash_password_with_salt(decomposed.as_bytes(), &[1; 16]).unwrap().to_string()
    };
    let store = sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(user.id).bind(raw);
    store.execute(&app.state().pool).await.unwrap();
    assert_eq!(reason(app.login("ada@example.com", composed, "192.0.2.1", "").await), "BAD_CREDENTIALS");
    app.login("ada@example.com", decomposed, "192.0.2.1", "").await.unwrap();
    app.login("ada@example.com", composed, "192.0.2.1", "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn strength_is_estimated_and_generated_passwords_are_strong() {
    let app = TestApp::new().await;
    let estimate = async |password: &str, user_inputs: Vec<String>| {
        let request = EstimatePasswordRequest { password: password.into(), user_inputs };
        answer(app.client().estimate_password(as_service(request)).await)
    };
    let weak = estimate("password1", vec![]).await.unwrap();
    assert!(weak.score <= 1 && !weak.acceptable && !weak.warning.is_empty() && !weak.suggestions.is_empty());
    let own_name = estimate("ada.lovelace.1815", vec!["Ada.Lovelace.1815".into()]).await.unwrap();
    assert!(!own_name.acceptable);
    let generated = answer(app.client().generate_password(as_service(GeneratePasswordRequest {})).await).unwrap();
    let strong = estimate(&generated.password, vec![]).await.unwrap();
    assert_eq!((strong.score, strong.acceptable), (4, true));
    assert!(estimate("x", vec!["y".repeat(256); 10]).await.is_ok());
    assert_eq!(reason(estimate("x", vec!["y".into(); 11]).await), "USER_INPUTS_INVALID");
    assert_eq!(reason(estimate("x", vec!["y".repeat(257)]).await), "USER_INPUTS_INVALID");
}
