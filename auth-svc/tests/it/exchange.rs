use curtail_proto::auth::v1::{BatchGetUsersRequest, GetViewerRequest, TokenPair, exchange_request::Credential};
use curtail_rpc::Code;
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};
use time::Duration;

use crate::test_app::{TestApp, answer, as_user, reason};

async fn exchange(app: &TestApp, token: &str) -> Result<String, curtail_rpc::Error> {
    app.exchange(Credential::AccessToken(token.into())).await
}

async fn view(app: &TestApp, authorization: &str) -> Result<i64, curtail_rpc::Error> {
    let answered = answer(app.client().get_viewer(as_user(authorization, GetViewerRequest {})).await);
    answered.map(|viewer| viewer.user.unwrap().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_token_says_who_and_where_for_a_minute() {
    let app = TestApp::new().await;
    let registered = app.register("ada@example.com").await;
    let (user, workspace) = (registered.user.unwrap().id, registered.workspace.unwrap().id);
    let internal = app.internal(registered.tokens.as_ref().unwrap()).await;
    let claims =
        curtail_tokens::verify(&app.state().keys.ring().unwrap(), Purpose::Internal, &internal, app.clock.now())
            .unwrap();
    assert_eq!(claims.subject, Subject::User(user));
    assert_eq!(claims.workspaces, [Membership { id: workspace, role: Role::Owner, plan: Plan::Free }]);
    assert_eq!(claims.expires_at - claims.issued_at, Duration::MINUTE);
    assert!(!claims.platform_admin && claims.scopes.is_empty() && claims.api_key_id.is_none());
    assert_eq!(claims.session_id, Some(registered.tokens.unwrap().session_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_account_counts_at_the_next_exchange() {
    let app = TestApp::new().await;
    let registered = app.register("ada@example.com").await;
    let (user, pair) = (registered.user.unwrap().id, registered.tokens.unwrap());
    app.execute("UPDATE auth.users SET platform_admin = true WHERE id = $1", user).await;
    let claims = |internal: &str| {
        curtail_tokens::verify(&app.state().keys.ring().unwrap(), Purpose::Internal, internal, app.clock.now()).unwrap()
    };
    assert!(claims(&app.internal(&pair).await).platform_admin);
    app.execute("UPDATE auth.users SET status = 2 WHERE id = $1", user).await;
    assert_eq!(reason(exchange(&app, &pair.access_token).await), "ACCOUNT_SUSPENDED");
    assert_eq!(reason(app.refresh(&pair.refresh_token).await), "ACCOUNT_SUSPENDED");
    app.execute("UPDATE auth.users SET status = 3 WHERE id = $1", user).await;
    assert_eq!(reason(exchange(&app, &pair.access_token).await), "SESSION_ENDED");
    assert_eq!(reason(app.refresh(&pair.refresh_token).await), "REFRESH_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_tokens_of_one_kind_are_nothing_where_another_is_asked_for() {
    let app = TestApp::new().await;
    let pair: TokenPair = app.register("ada@example.com").await.tokens.unwrap();
    let internal = app.internal(&pair).await;
    let key = app.state().keys.signer().unwrap();
    let service_key = SigningKey::from_seed(app.config.rpc.service_key.key32());
    let now = app.clock.now();
    let access =
        curtail_tokens::verify(&app.state().keys.ring().unwrap(), Purpose::Access, &pair.access_token, now).unwrap();
    let sign =
        |key: &SigningKey, purpose: Purpose, claims: &Claims| curtail_tokens::sign(key, purpose, claims).unwrap();
    let expired = Claims { issued_at: now - Duration::HOUR, expires_at: now, ..access.clone() };
    let future =
        Claims { issued_at: now + Duration::MINUTE, expires_at: now + Duration::minutes(16), ..access.clone() };
    let service = Claims { subject: Subject::Service("gateway".into()), ..access.clone() };
    let sessionless = Claims { session_id: None, ..access.clone() };
    let foreign_session = Claims { subject: Subject::User(1), ..access.clone() };
    let stranger = SigningKey::from_seed([9; 32]);

    let parts: Vec<&str> = pair.access_token.split('.').collect();
    let footer = |json: &str| {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        format!("v4.public.{}.{}", parts[2], BASE64_URL_SAFE_NO_PAD.encode(json))
    };
    let wpk = format!(r#"{{"kid":"{}","wpk":"{}"}}"#, stranger.key_id(), stranger.public_paserk());
    let not_access: Vec<(&str, String)> = vec![
        ("an internal token", internal.clone()),
        ("a refresh token", pair.refresh_token.clone()),
        ("a device token", pair.device.clone()),
        (
            "a service token",
            sign(&service_key, Purpose::Service, &Claims { expires_at: now + Duration::MINUTE, ..service.clone() }),
        ),
        (
            "internal claims for access",
            sign(&key, Purpose::Internal, &Claims { expires_at: now + Duration::MINUTE, ..access.clone() }),
        ),
        ("signed by an unknown key", sign(&stranger, Purpose::Access, &access)),
        ("signed by the service key", sign(&service_key, Purpose::Access, &access)),
        ("expired", sign(&key, Purpose::Access, &expired)),
        ("from the future", sign(&key, Purpose::Access, &future)),
        ("without a session", sign(&key, Purpose::Access, &sessionless)),
        ("v3", pair.access_token.replacen("v4", "v3", 1)),
        ("v2", pair.access_token.replacen("v4", "v2", 1)),
        ("local", pair.access_token.replacen("public", "local", 1)),
        ("without a footer", parts[..3].join(".")),
        ("an empty footer", format!("{}.", parts[..3].join("."))),
        ("a footer with a key", footer(&wpk)),
        ("a footer of 1 MiB", footer(&format!(r#"{{"kid":"{}"}}"#, "x".repeat(1 << 20)))),
        ("five parts", format!("{}.AAAA", pair.access_token)),
        ("a flipped bit", flip(&pair.access_token)),
        ("padded", format!("{}=", pair.access_token)),
        ("spaced", format!(" {}", pair.access_token)),
        ("nothing", String::new()),
        ("a JWT", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.".into()),
    ];
    for (what, token) in &not_access {
        assert_eq!(reason(exchange(&app, token).await), "ACCESS_TOKEN_INVALID", "{what}");
        assert_eq!(reason(app.exchange(Credential::ApiKey(token.clone())).await), "API_KEY_INVALID", "{what}");
    }
    assert_eq!(reason(exchange(&app, &sign(&key, Purpose::Access, &foreign_session)).await), "SESSION_ENDED");

    // At the listener: only an internal token makes a user.
    assert!(view(&app, &internal).await.is_ok());
    for (what, token) in
        not_access.iter().filter(|(what, _)| !what.starts_with("an internal") && !what.contains("internal claims"))
    {
        let bad_header = token.len() > 8192 || token.contains(' ') || token.is_empty();
        if !bad_header {
            assert_eq!(view(&app, token).await.unwrap_err().code, Code::Unauthenticated, "{what}");
        }
    }
    for token in
        [&pair.access_token, &sign(&key, Purpose::Service, &Claims { expires_at: now + Duration::MINUTE, ..service })]
    {
        assert_eq!(view(&app, token).await.unwrap_err().code, Code::Unauthenticated);
    }
    assert!(!app.state().keys.ring().unwrap().contains(stranger.key_id()));
    assert_ne!(KeyRing::of([&key]), KeyRing::of([&stranger]));
}

/// Another letter in the middle of the payload.
fn flip(token: &str) -> String {
    let at = token.len() / 2;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_users_see_members_of_their_workspaces_alone() {
    let app = TestApp::new().await;
    let ada = app.register("ada@example.com").await;
    let (bob, eve) = (app.register("bob@example.com").await, app.register("eve@example.com").await);
    let ids = [&ada, &bob, &eve].map(|registered| registered.user.as_ref().unwrap().id);
    sqlx::query("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 1, now())")
        .bind(ada.workspace.unwrap().id)
        .bind(ids[1])
        .execute(&app.state().pool)
        .await
        .unwrap();
    let seen = async |pair: &TokenPair, ids: Vec<i64>| {
        let internal = app.internal(pair).await;
        let request = as_user(&internal, BatchGetUsersRequest { ids });
        let answered = answer(app.client().batch_get_users(request).await);
        answered.map(|answer| answer.users.into_iter().map(|user| user.id).collect::<Vec<_>>())
    };
    let everybody = ids.to_vec();
    assert_eq!(seen(ada.tokens.as_ref().unwrap(), everybody.clone()).await.unwrap(), [ids[0], ids[1]]);
    assert_eq!(seen(bob.tokens.as_ref().unwrap(), everybody.clone()).await.unwrap(), [ids[0], ids[1]]);
    assert_eq!(seen(eve.tokens.as_ref().unwrap(), everybody).await.unwrap(), [ids[2]]);
    assert!(seen(eve.tokens.as_ref().unwrap(), vec![1; 100]).await.unwrap().is_empty());
    assert_eq!(reason(seen(eve.tokens.as_ref().unwrap(), vec![1; 101]).await), "TOO_MANY_IDS");
}

#[tokio::test(flavor = "multi_thread")]
async fn last_seen_is_written_in_batches() {
    let app = TestApp::new().await;
    let pair = app.register("ada@example.com").await.tokens.unwrap();
    app.advance(Duration::MINUTE).await;
    let seen = app.clock.now();
    app.internal(&pair).await;
    curtail_testkit::until(
        async || {
            let at: time::OffsetDateTime = sqlx::query_scalar("SELECT last_seen_at FROM sessions WHERE id = $1")
                .bind(pair.session_id)
                .fetch_one(&app.state().pool)
                .await
                .unwrap();
            (at - seen).abs() < Duration::MILLISECOND
        },
        std::time::Duration::from_secs(15),
        "last seen is written",
    )
    .await;
}
