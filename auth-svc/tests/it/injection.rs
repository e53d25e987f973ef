//! S36: text is data, whatever it looks like.

use curtail_proto::auth::v1::{
    CreateApiKeyRequest, EstimatePasswordRequest, ListSessionsRequest, LoginRequest, LogoutRequest, Scope,
    exchange_request::Credential,
};

use crate::test_app::{PASSWORD, TestApp, answer, as_service, as_user, client, reason};

const HOSTILE: [&str; 10] = [
    "'; DROP TABLE auth.users; --",
    "\" OR \"\"=\"",
    "' OR 1=1 --",
    "1; SELECT pg_sleep(10)",
    "$1 $2 $$ ${x}",
    "%_\\%",
    "'||(SELECT password_hash FROM users LIMIT 1)||'",
    "{{7*7}} #{7*7}",
    "]]; redis.call('FLUSHALL') --",
    "\u{202e}abc\u{feff}'",
];

#[tokio::test(flavor = "multi_thread")]
async fn s36_meta_characters_in_every_field_are_data() {
    let app = TestApp::with(|config| (config.auth.login_ip_burst, config.plans.free.api_keys) = (1000, 50)).await;
    let ada = app.register("o'neil%_--@example.com").await;
    let pair = app.login("O'Neil%_--@example.com", PASSWORD, "192.0.2.1", "").await.unwrap().tokens.unwrap();
    let internal = app.internal(&pair).await;
    let workspace_id = ada.workspace.unwrap().id;

    for (n, text) in HOSTILE.into_iter().enumerate() {
        // Where a form is asked for, it is refused; nothing else happens.
        assert_eq!(reason(app.login(text, PASSWORD, "192.0.2.1", "").await), "EMAIL_INVALID", "{text}");
        assert_eq!(reason(app.login("eve@example.com", text, "192.0.2.1", text).await), "BAD_CREDENTIALS");
        assert_eq!(reason(app.login("eve@example.com", "x", text, "").await), "CLIENT_INVALID");
        assert_eq!(reason(app.refresh(text).await), "REFRESH_TOKEN_INVALID");
        assert_eq!(reason(app.exchange(Credential::AccessToken(text.into())).await), "ACCESS_TOKEN_INVALID");
        assert_eq!(reason(app.exchange(Credential::ApiKey(format!("ck_live_{text}"))).await), "API_KEY_INVALID");
        answer(app.client().logout(as_service(LogoutRequest { refresh_token: text.into(), client: None })).await)
            .unwrap();

        // Where text is free, it comes back as it went in; names lose what cannot be seen.
        let visible = text.replace(['\u{202e}', '\u{feff}'], "");
        let password = format!("{text}{PASSWORD}");
        let email = format!("user{n}@example.com");
        let registered = app.try_register(&email, &password, &format!("Ada {text}")).await.unwrap();
        assert_eq!(registered.user.unwrap().full_name, format!("Ada {visible}").trim());
        let mut from = client("192.0.2.1", text);
        from.as_mut().unwrap().user_agent = text.into();
        let login = LoginRequest { email, password, client: from };
        let pair = answer(app.client().login(as_service(login)).await).unwrap().tokens.unwrap();
        let theirs = app.internal(&pair).await;
        let sessions =
            answer(app.client().list_sessions(as_user(&theirs, ListSessionsRequest {})).await).unwrap().sessions;
        assert_eq!(sessions[0].user_agent, text);
        let scopes = vec![Scope::Read as i32];
        let wanted = CreateApiKeyRequest { workspace_id, name: text.into(), scopes, ..Default::default() };
        let key = answer(app.client().create_api_key(as_user(&internal, wanted)).await).unwrap();
        assert_eq!(key.api_key.unwrap().name, visible);
        let estimate = EstimatePasswordRequest { password: text.into(), user_inputs: vec![text.into()] };
        answer(app.client().estimate_password(as_user(&internal, estimate)).await).unwrap();
    }
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&app.state().pool).await.unwrap();
    assert_eq!(users, 1 + HOSTILE.len() as i64);
}
