//! S38: whatever is done leaves a row.

use std::collections::BTreeSet;

use curtail_proto::auth::v1::{
    AuditEntry, ChangePasswordRequest, CreateApiKeyRequest, EraseAccountRequest, ExportAccountRequest,
    ListAuditLogRequest, LogoutAllRequest, LogoutRequest, RegisterRequest, RequestPasswordResetRequest,
    ResendVerificationRequest, ResetPasswordRequest, RevokeApiKeyRequest, RevokeSessionRequest, Role, Scope,
    VerifyEmailRequest,
};
use curtail_rpc::Error;
use prost::Message as _;

use crate::{
    by_mail::tokens,
    test_app::{PASSWORD, TestApp, answer, as_service, as_user, client, reason},
    workspaces::{Person, token_for},
};

const NEW_PASSWORD: &str = "seven-quiet-harbours-77";

/// RPCs that change nothing.
const READING: [&str; 16] = [
    "BatchGetUsers",
    "EstimatePassword",
    "Exchange",
    "GeneratePassword",
    "GetKeyRing",
    "GetViewer",
    "ListApiKeys",
    "ListAuditLog",
    "ListInvitations",
    "ListMembers",
    "ListRecipients",
    "ListRevocations",
    "ListSessions",
    // What they ask for is done and noted afterwards, if there is an account.
    "RequestPasswordReset",
    "ResendVerification",
    // Keeps a session that was noted when it was opened; a spent token that comes again is noted.
    "RefreshSession",
];

/// Every RPC of the contract.
fn rpcs() -> BTreeSet<String> {
    let set = prost_types::FileDescriptorSet::decode(curtail_proto::FILE_DESCRIPTOR_SET).unwrap();
    let services = set.file.into_iter().flat_map(|file| file.service);
    let auth = services.filter(|service| service.name() == "AuthService").flat_map(|service| service.method);
    auth.map(|method| method.name().to_owned()).collect()
}

/// Watches the log grow, and which RPCs made it.
struct Walk<'a> {
    app: &'a TestApp,
    last: i64,
    walked: BTreeSet<String>,
}

impl Walk<'_> {
    /// The RPC has left these actions; the last one has an actor with an address.
    async fn left(&mut self, rpc: &str, actions: &[&str]) {
        let sql = "SELECT id, action, ip_prefix FROM audit_log WHERE id > $1 ORDER BY id";
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as(sql).bind(self.last).fetch_all(&self.app.state().pool).await.unwrap();
        let found: Vec<&str> = rows.iter().map(|(_, action, _)| action.as_str()).collect();
        assert_eq!(found, actions, "{rpc}");
        assert!(rows.iter().all(|(_, _, prefix)| prefix.ends_with("/24")), "{rpc}: {rows:?}");
        self.last = rows.last().unwrap().0;
        self.walked.insert(rpc.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s38_every_rpc_that_changes_something_leaves_a_row() {
    let app = TestApp::new().await;
    let mut walk = Walk { app: &app, last: 0, walked: BTreeSet::new() };
    let here = || client("192.0.2.77", "");
    let request = RegisterRequest {
        email: "ada@example.com".into(),
        password: PASSWORD.into(),
        full_name: "Ada".into(),
        client: here(),
    };
    let ada = answer(app.client().register(as_service(request)).await).unwrap();
    walk.left("Register", &["account.created", "session.opened"]).await;
    let pair = ada.tokens.unwrap();
    let request = VerifyEmailRequest { token: tokens(&app, true, 2).await.remove(0), client: here() };
    answer(app.client().verify_email(as_service(request)).await).unwrap();
    walk.left("VerifyEmail", &["email.verified", "session.opened"]).await;
    let other = app.login("ada@example.com", PASSWORD, "192.0.2.77", "").await.unwrap().tokens.unwrap();
    walk.left("Login", &["session.opened"]).await;

    let internal = app.internal(&pair).await;
    let workspace_id = ada.workspace.unwrap().id;
    let request = CreateApiKeyRequest {
        workspace_id,
        name: "ci".into(),
        scopes: vec![Scope::Read.into()],
        client: here(),
        ..Default::default()
    };
    let key = answer(app.client().create_api_key(as_user(&internal, request)).await).unwrap().api_key.unwrap();
    walk.left("CreateApiKey", &["api_key.created"]).await;
    let request = RevokeApiKeyRequest { api_key_id: key.id, client: here() };
    answer(app.client().revoke_api_key(as_user(&internal, request)).await).unwrap();
    walk.left("RevokeApiKey", &["api_key.revoked"]).await;
    let request = RevokeSessionRequest { session_id: other.session_id, client: here() };
    answer(app.client().revoke_session(as_user(&internal, request)).await).unwrap();
    walk.left("RevokeSession", &["session.ended"]).await;
    let request =
        ChangePasswordRequest { current_password: PASSWORD.into(), new_password: NEW_PASSWORD.into(), client: here() };
    answer(app.client().change_password(as_user(&internal, request)).await).unwrap();
    walk.left("ChangePassword", &["password.changed"]).await;
    let request = LogoutRequest { refresh_token: pair.refresh_token.clone(), client: here() };
    answer(app.client().logout(as_service(request)).await).unwrap();
    walk.left("Logout", &["session.ended"]).await;
    let again = app.login("ada@example.com", NEW_PASSWORD, "192.0.2.77", "").await.unwrap().tokens.unwrap();
    walk.left("Login", &["session.opened"]).await;
    let request = LogoutAllRequest { client: here() };
    let internal = app.internal(&again).await;
    answer(app.client().logout_all(as_user(&internal, request)).await).unwrap();
    walk.left("LogoutAll", &["sessions.ended"]).await;

    let request = RequestPasswordResetRequest { email: "ada@example.com".into(), client: here() };
    answer(app.client().request_password_reset(as_service(request)).await).unwrap();
    let request = ResendVerificationRequest { email: "unknown@example.com".into(), client: here() };
    answer(app.client().resend_verification(as_service(request)).await).unwrap();
    let mut reset = Vec::new();
    let mailed = async || {
        reset = tokens(&app, false, 3).await;
        !reset.is_empty()
    };
    curtail_testkit::until(mailed, std::time::Duration::from_secs(10), "the reset is mailed").await;
    let request = ResetPasswordRequest { token: reset.remove(0), new_password: PASSWORD.into(), client: here() };
    answer(app.client().reset_password(as_service(request)).await).unwrap();
    walk.left("ResetPassword", &["password.reset_requested", "password.reset"]).await;

    walk_workspaces(&app, &mut walk).await;
    let mut classified: BTreeSet<String> = READING.iter().map(|name| (*name).to_owned()).collect();
    assert!(classified.is_disjoint(&walk.walked));
    classified.append(&mut walk.walked);
    let unknown: Vec<_> = rpcs().difference(&classified).cloned().collect();
    assert!(unknown.is_empty(), "neither reading nor seen to leave a row: {unknown:?}");
}

async fn walk_workspaces(app: &TestApp, walk: &mut Walk<'_>) {
    let owner = Person::new(app, "owner").await;
    walk.left("Register", &["account.created", "session.opened"]).await;
    let member = Person::new(app, "member").await;
    walk.left("Register", &["account.created", "session.opened"]).await;
    let team = owner.create("Team").await.unwrap().id;
    walk.left("CreateWorkspace", &["workspace.created"]).await;
    owner.rename(team, "Crew").await.unwrap();
    walk.left("UpdateWorkspace", &["workspace.renamed"]).await;
    let invited = owner.invite(team, "x@example.com", Role::Viewer).await.unwrap();
    walk.left("InviteMember", &["invitation.created"]).await;
    owner.revoke(invited.id).await.unwrap();
    walk.left("RevokeInvitation", &["invitation.revoked"]).await;
    for leaves in [false, true] {
        owner.invite(team, "member@example.com", Role::Viewer).await.unwrap();
        member.accept(&token_for(app, "member@example.com").await).await.unwrap();
        walk.left("AcceptInvitation", &["invitation.created", "member.joined"]).await;
        if leaves {
            member.leave(team).await.unwrap();
            walk.left("LeaveWorkspace", &["member.left"]).await;
        } else {
            owner.change_role(team, member.id, Role::Editor).await.unwrap();
            walk.left("ChangeMemberRole", &["member.role_changed"]).await;
            owner.remove(team, member.id).await.unwrap();
            walk.left("RemoveMember", &["member.removed"]).await;
        }
    }
    let request = owner.signed(ExportAccountRequest { client: client("192.0.2.1", "") }).await;
    answer(app.client().export_account(request).await).unwrap();
    walk.left("ExportAccount", &["account.exported"]).await;
    let request = member.signed(EraseAccountRequest { current_password: PASSWORD.into() }).await;
    answer(app.client().erase_account(request).await).unwrap();
    let last: (String, String) = sqlx::query_as("SELECT action, ip_prefix FROM audit_log ORDER BY id DESC LIMIT 1")
        .fetch_one(&app.state().pool)
        .await
        .unwrap();
    // Where it was done from goes with the account.
    assert_eq!(last, ("account.erased".into(), String::new()));
    walk.walked.insert("EraseAccount".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn s38_a_log_tells_who_what_and_what_it_was_before_to_its_admins_page_by_page() {
    let app = TestApp::new().await;
    let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
    let team = ada.create("Team").await.unwrap().id;
    ada.rename(team, "Crew").await.unwrap();
    ada.rename(team, "Gang").await.unwrap();
    let read = async |person: &Person<'_>, workspace_id, limit, cursor: &str, backwards| {
        let message = ListAuditLogRequest { workspace_id, limit, cursor: cursor.into(), backwards };
        let request = person.signed(message).await;
        let answer = answer(app.client().list_audit_log(request).await)?;
        Ok::<(Vec<AuditEntry>, bool), Error>((answer.entries, answer.has_more))
    };
    let (page, more) = read(&ada, team, 2, "", false).await.unwrap();
    assert!(more && page.len() == 2);
    assert_eq!((page[0].action.as_str(), page[0].actor_user_id), ("workspace.renamed", ada.id));
    assert_eq!((page[0].before.as_str(), page[0].after.as_str()), (r#"{"name":"Crew"}"#, r#"{"name":"Gang"}"#));
    let (rest, more) = read(&ada, team, 2, &page[1].id.to_string(), false).await.unwrap();
    assert!(!more && rest[0].action == "workspace.created");
    let (back, more) = read(&ada, team, 2, &rest[0].id.to_string(), true).await.unwrap();
    assert_eq!((back, more), (page, false));
    // The log of an account is its owner's, that of a workspace its admins'.
    let (own, _) = read(&eve, 0, 100, "", false).await.unwrap();
    assert_eq!(
        own.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(),
        ["session.opened", "account.created"]
    );
    assert_eq!(reason(read(&eve, team, 10, "", false).await), "WORKSPACE_NOT_FOUND");
    eve.join(&ada, team, Role::Editor).await;
    assert_eq!(reason(read(&eve, team, 10, "", false).await), "ROLE_TOO_LOW");
    for (limit, cursor) in [(0, ""), (101, ""), (1, "x")] {
        assert!(read(&ada, team, limit, cursor, false).await.is_err());
    }
}
