use curtail_proto::{
    auth::v1::{
        ApiKey, CreateApiKeyRequest, CreateApiKeyResponse, ExchangeRequest, GetViewerRequest, ListApiKeysRequest,
        ListSessionsRequest, RegisterResponse, RevokeApiKeyRequest, Role, Scope, exchange_request::Credential,
        revocation::Subject,
    },
    events::v1::envelope::Payload,
};
use curtail_rpc::{Code, Error};
use futures_util::future::join_all;
use time::Duration;

use crate::{
    registration::events,
    test_app::{TestApp, answer, as_service, as_user, blame, reason},
};

/// A user with a workspace.
struct Owner<'a> {
    app: &'a TestApp,
    internal: String,
    workspace: i64,
}

impl<'a> Owner<'a> {
    async fn new(app: &'a TestApp, email: &str) -> Self {
        let registered: RegisterResponse = app.register(email).await;
        let internal = app.internal(&registered.tokens.unwrap()).await;
        Self { app, internal, workspace: registered.workspace.unwrap().id }
    }

    fn wanted(&self) -> CreateApiKeyRequest {
        let scopes = vec![Scope::Read as i32, Scope::Write as i32];
        CreateApiKeyRequest { workspace_id: self.workspace, name: "ci".into(), scopes, ..Default::default() }
    }

    async fn create(&self, wanted: CreateApiKeyRequest) -> Result<CreateApiKeyResponse, Error> {
        answer(self.app.client().create_api_key(as_user(&self.internal, wanted)).await)
    }

    async fn list(&self, workspace_id: i64) -> Result<Vec<ApiKey>, Error> {
        let request = as_user(&self.internal, ListApiKeysRequest { workspace_id });
        answer(self.app.client().list_api_keys(request).await).map(|answer| answer.api_keys)
    }

    async fn revoke(&self, api_key_id: i64) -> Result<ApiKey, Error> {
        let request = as_user(&self.internal, RevokeApiKeyRequest { api_key_id, client: None });
        answer(self.app.client().revoke_api_key(request).await).map(|answer| answer.api_key.unwrap())
    }
}

async fn use_key(app: &TestApp, secret: &str) -> Result<String, Error> {
    app.exchange(Credential::ApiKey(secret.into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_key_is_shown_once_and_stored_as_a_keyed_hash() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let made = ada.create(ada.wanted()).await.unwrap();
    let key = made.api_key.unwrap();
    assert!(made.secret.starts_with(&key.prefix) && made.secret.starts_with("ck_live_"));
    assert_eq!(made.secret.len(), 50);
    assert_eq!(ada.list(ada.workspace).await.unwrap(), [key]);
    // No row of the schema knows the key: neither its secret part nor a plain hash of it.
    let dump: String = sqlx::query_scalar("SELECT string_agg(k::text, '') || (SELECT string_agg(encode(payload, 'escape'), '') FROM outbox) FROM api_keys k")
        .fetch_one(&app.state().pool)
        .await
        .unwrap();
    assert!(!dump.contains(&made.secret[16..]));
    assert!(dump.contains(&made.secret[..16]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_key_acts_for_its_workspace_within_its_scopes() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let made = ada.create(CreateApiKeyRequest { rate_limit_per_minute: 7, ..ada.wanted() }).await.unwrap();
    let request = ExchangeRequest { credential: Some(Credential::ApiKey(made.secret.clone())), client: None };
    let exchanged = answer(app.client().exchange(as_service(request)).await).unwrap();
    assert_eq!(exchanged.rate_limit_per_minute, 7);
    let internal = exchanged.internal_token;
    let viewer = answer(app.client().get_viewer(as_user(&internal, GetViewerRequest {})).await).unwrap();
    assert_eq!(viewer.workspaces[0].id, ada.workspace);
    assert_eq!(viewer.workspaces[0].role(), Role::Owner);
    // A key manages neither sessions nor, without the scope, keys.
    let sessions = answer(app.client().list_sessions(as_user(&internal, ListSessionsRequest {})).await);
    assert_eq!(reason(sessions), "SESSION_REQUIRED");
    let with_key = Owner { app: &app, internal, workspace: ada.workspace };
    assert_eq!(reason(with_key.create(ada.wanted()).await), "SCOPE_MISSING");
    let analytics = CreateApiKeyRequest { scopes: vec![Scope::Analytics as i32], ..ada.wanted() };
    let analytics = use_key(&app, &ada.create(analytics).await.unwrap().secret).await.unwrap();
    let refused = answer(app.client().get_viewer(as_user(&analytics, GetViewerRequest {})).await);
    assert_eq!(reason(refused), "SCOPE_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_wrong_keys_are_refused_alike() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let secret = ada.create(ada.wanted()).await.unwrap().secret;
    // A well-formed key that was never issued, one with a known prefix and another secret, and garbage.
    let mut rng = app.state().entropy.fork();
    let unknown = auth_svc::ApiKeyText::generate(&mut rng).expose().to_owned();
    let forged = with_checksum(&format!("{}{}", &secret[..16], &unknown[16..44]));
    assert!(auth_svc::ApiKeyText::parse(&forged).is_some());
    for key in [unknown, forged, secret[..49].to_owned(), format!("{secret}x"), "ck_live_".into(), String::new()] {
        let error = use_key(&app, &key).await.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::Unauthenticated, "API_KEY_INVALID"), "{key}");
    }
    assert!(use_key(&app, &secret).await.is_ok());
}

/// Completes a key by trying checksums of its own: CRC-32 in base62.
fn with_checksum(body: &str) -> String {
    const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.insert(0, char::from(BASE62[(rest % 62) as usize]));
        rest /= 62;
    }
    format!("{body}{}", digits.into_iter().collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_revoked_and_expired_keys_end_at_once() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let made = ada.create(ada.wanted()).await.unwrap();
    let id = made.api_key.unwrap().id;
    assert!(use_key(&app, &made.secret).await.is_ok());
    let revoked = ada.revoke(id).await.unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(reason(use_key(&app, &made.secret).await), "API_KEY_INVALID");
    app.advance(Duration::SECOND).await;
    assert_eq!(ada.revoke(id).await.unwrap(), revoked);
    let told = events(&app, 4).await.into_iter().filter_map(|envelope| match envelope.payload {
        Some(Payload::CredentialRevoked(fact)) => fact.revocation.unwrap().subject,
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [Subject::ApiKeyId(id)]);

    let end = app.clock.now() + Duration::seconds(30);
    let expires_at = Some(prost_types::Timestamp { seconds: end.unix_timestamp(), nanos: 0 });
    let made = ada.create(CreateApiKeyRequest { expires_at, ..ada.wanted() }).await.unwrap();
    // Its internal token does not outlive it.
    let internal = use_key(&app, &made.secret).await.unwrap();
    app.advance(Duration::seconds(30)).await;
    assert_eq!(reason(use_key(&app, &made.secret).await), "API_KEY_INVALID");
    let viewed = answer(app.client().get_viewer(as_user(&internal, GetViewerRequest {})).await);
    assert_eq!(viewed.unwrap_err().code, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_worth_no_more_than_its_creator() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let secret = ada.create(ada.wanted()).await.unwrap().secret;
    let creator = ada.list(ada.workspace).await.unwrap()[0].workspace_id;
    assert_eq!(creator, ada.workspace);
    app.execute("UPDATE auth.users SET status = 2 WHERE id <> $1", 0).await;
    assert_eq!(reason(use_key(&app, &secret).await), "ACCOUNT_SUSPENDED");
    app.execute("UPDATE auth.users SET status = 1 WHERE id <> $1", 0).await;
    app.execute("DELETE FROM auth.members WHERE workspace_id = $1", ada.workspace).await;
    assert_eq!(reason(use_key(&app, &secret).await), "API_KEY_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_bounds_the_keys_also_in_a_race() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let outcomes = join_all((0..12).map(|_| ada.create(ada.wanted()))).await;
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (5, 7));
    for refused in refused {
        let error = refused.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::QuotaExceeded, "API_KEY_QUOTA"));
        assert_eq!(error.metadata["limit"], "5");
    }
    // A revoked key makes room.
    ada.revoke(made.into_iter().next().unwrap().unwrap().api_key.unwrap().id).await.unwrap();
    assert!(ada.create(ada.wanted()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bound_names_its_field() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let past = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
    for (wanted, expected) in [
        (CreateApiKeyRequest { name: "n".repeat(101), ..ada.wanted() }, ("NAME_INVALID", "name")),
        (CreateApiKeyRequest { scopes: vec![], ..ada.wanted() }, ("SCOPES_INVALID", "scopes")),
        (CreateApiKeyRequest { scopes: vec![5], ..ada.wanted() }, ("SCOPES_INVALID", "scopes")),
        (CreateApiKeyRequest { expires_at: past, ..ada.wanted() }, ("EXPIRY_INVALID", "expires_at")),
        (
            CreateApiKeyRequest { rate_limit_per_minute: 1_000_001, ..ada.wanted() },
            ("RATE_LIMIT_INVALID", "rate_limit_per_minute"),
        ),
    ] {
        let (reason, field) = blame(ada.create(wanted).await);
        assert_eq!((reason.as_str(), field.as_str()), expected);
    }
    assert!(ada.create(CreateApiKeyRequest { name: "n".repeat(100), ..ada.wanted() }).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_keys_of_a_workspace_exist_for_its_admins_alone() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let id = ada.create(ada.wanted()).await.unwrap().api_key.unwrap().id;
    for (role, may) in [(None, false), (Some(1), false), (Some(2), false), (Some(3), true), (Some(4), true)] {
        let email = format!("member{}@example.com", role.unwrap_or(0));
        let registered = app.register(&email).await;
        if let Some(role) = role {
            sqlx::query("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, now())")
                .bind(ada.workspace)
                .bind(registered.user.unwrap().id)
                .bind(role as i16)
                .execute(&app.state().pool)
                .await
                .unwrap();
        }
        let internal = app.internal(&registered.tokens.unwrap()).await;
        let member = Owner { app: &app, internal, workspace: ada.workspace };
        if may {
            assert!(member.create(ada.wanted()).await.is_ok());
            assert!(!member.list(ada.workspace).await.unwrap().is_empty());
            assert!(member.revoke(id).await.is_ok());
        } else {
            // Who is no member does not learn that there is such a workspace; members hear that they may not.
            let expected = if role.is_some() { Code::Forbidden } else { Code::NotFound };
            for refused in [
                member.create(ada.wanted()).await.map(drop),
                member.list(ada.workspace).await.map(drop),
                member.revoke(id).await.map(drop),
            ] {
                assert_eq!(refused.unwrap_err().code, expected);
            }
            assert_eq!(member.revoke(1).await.unwrap_err().code, Code::NotFound);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn last_use_is_written_in_batches() {
    let app = TestApp::new().await;
    let ada = Owner::new(&app, "ada@example.com").await;
    let secret = ada.create(ada.wanted()).await.unwrap().secret;
    use_key(&app, &secret).await.unwrap();
    curtail_testkit::until(
        async || ada.list(ada.workspace).await.unwrap()[0].last_used_at.is_some(),
        std::time::Duration::from_secs(15),
        "the last use is written",
    )
    .await;
}
