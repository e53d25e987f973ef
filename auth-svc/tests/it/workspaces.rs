use curtail_proto::{
    auth::v1::{
        AcceptInvitationRequest, ChangeMemberRoleRequest, CreateApiKeyRequest, CreateWorkspaceRequest, Invitation,
        InviteMemberRequest, LeaveWorkspaceRequest, ListInvitationsRequest, ListMembersRequest, RemoveMemberRequest,
        RevokeInvitationRequest, Role, Scope, UpdateWorkspaceRequest, Workspace, exchange_request::Credential,
    },
    events::v1::envelope::Payload,
};
use curtail_rpc::{Code, Error};

use crate::{
    registration::events,
    test_app::{TestApp, answer, as_user, blame, client, reason},
};

/// A signed-in user. Tokens carry the memberships at the time of issue, so each call takes a new one.
pub struct Person<'a> {
    app: &'a TestApp,
    pair: curtail_proto::auth::v1::TokenPair,
    pub id: i64,
    pub personal: i64,
}

impl<'a> Person<'a> {
    pub async fn new(app: &'a TestApp, name: &str) -> Self {
        let registered = app.register(&format!("{name}@example.com")).await;
        let (id, personal) = (registered.user.unwrap().id, registered.workspace.unwrap().id);
        Self { app, pair: registered.tokens.unwrap(), id, personal }
    }

    pub async fn signed<T>(&self, message: T) -> tonic::Request<T> {
        as_user(&self.app.internal(&self.pair).await, message)
    }

    pub async fn create(&self, name: &str) -> Result<Workspace, Error> {
        let request = self.signed(CreateWorkspaceRequest { name: name.into(), client: client("192.0.2.1", "") }).await;
        answer(self.app.client().create_workspace(request).await).map(|answer| answer.workspace.unwrap())
    }

    pub async fn invite(&self, workspace_id: i64, email: &str, role: Role) -> Result<Invitation, Error> {
        let client = client("192.0.2.1", "");
        let message = InviteMemberRequest { workspace_id, email: email.into(), role: role.into(), client };
        let request = self.signed(message).await;
        answer(self.app.client().invite_member(request).await).map(|answer| answer.invitation.unwrap())
    }

    pub async fn accept(&self, token: &str) -> Result<Workspace, Error> {
        let request =
            self.signed(AcceptInvitationRequest { token: token.into(), client: client("192.0.2.1", "") }).await;
        answer(self.app.client().accept_invitation(request).await).map(|answer| answer.workspace.unwrap())
    }

    pub async fn change_role(&self, workspace_id: i64, user_id: i64, role: Role) -> Result<(), Error> {
        let message =
            ChangeMemberRoleRequest { workspace_id, user_id, role: role.into(), client: client("192.0.2.1", "") };
        answer(self.app.client().change_member_role(self.signed(message).await).await).map(drop)
    }

    pub async fn remove(&self, workspace_id: i64, user_id: i64) -> Result<(), Error> {
        let request = self.signed(RemoveMemberRequest { workspace_id, user_id, client: client("192.0.2.1", "") }).await;
        answer(self.app.client().remove_member(request).await).map(drop)
    }

    pub async fn leave(&self, workspace_id: i64) -> Result<(), Error> {
        let request = self.signed(LeaveWorkspaceRequest { workspace_id, client: client("192.0.2.1", "") }).await;
        answer(self.app.client().leave_workspace(request).await).map(drop)
    }

    pub async fn revoke(&self, invitation_id: i64) -> Result<(), Error> {
        let request = self.signed(RevokeInvitationRequest { invitation_id, client: client("192.0.2.1", "") }).await;
        answer(self.app.client().revoke_invitation(request).await).map(drop)
    }

    pub async fn rename(&self, workspace_id: i64, name: &str) -> Result<Workspace, Error> {
        let message = UpdateWorkspaceRequest { workspace_id, name: name.into(), client: client("192.0.2.1", "") };
        answer(self.app.client().update_workspace(self.signed(message).await).await).map(|a| a.workspace.unwrap())
    }

    pub async fn members(&self, workspace_id: i64) -> Result<Vec<(i64, Role)>, Error> {
        let request = self.signed(ListMembersRequest { workspace_id }).await;
        let members = answer(self.app.client().list_members(request).await)?.members;
        Ok(members.into_iter().map(|member| (member.user.as_ref().unwrap().id, member.role())).collect())
    }

    pub async fn invitations(&self, workspace_id: i64) -> Result<Vec<Invitation>, Error> {
        let request = self.signed(ListInvitationsRequest { workspace_id }).await;
        answer(self.app.client().list_invitations(request).await).map(|answer| answer.invitations)
    }

    /// Joins by an invitation from `owner`.
    pub async fn join(&self, owner: &Person<'_>, workspace_id: i64, role: Role) {
        let email = self.app.client().get_viewer(self.signed(Default::default()).await).await.unwrap();
        let email = email.into_inner().user.unwrap().email;
        owner.invite(workspace_id, &email, role).await.unwrap();
        self.accept(&token_for(self.app, &email).await).await.unwrap();
    }
}

/// The token of the latest mail that invites this address.
pub async fn token_for(app: &TestApp, email: &str) -> String {
    let mut found = None;
    let look = async || {
        let facts = events(app, 1).await.into_iter().filter_map(|envelope| envelope.payload);
        found = facts
            .filter_map(|fact| match fact {
                Payload::InvitationCreated(fact) if fact.email == email => Some(fact.token),
                _ => None,
            })
            .next_back();
        found.is_some()
    };
    curtail_testkit::until(look, std::time::Duration::from_secs(10), "the invitation is on the stream").await;
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_made_named_and_joined_by_mail() {
    let app = TestApp::new().await;
    let (ada, bob) = (Person::new(&app, "ada").await, Person::new(&app, "bob").await);
    let team = ada.create(" Team ").await.unwrap();
    assert_eq!((team.name.as_str(), team.personal, team.role()), ("Team", false, Role::Owner));
    assert_eq!(blame(ada.create("").await), ("NAME_INVALID".into(), "name".into()));
    assert!(ada.create(&"n".repeat(200)).await.is_ok());
    assert_eq!(reason(ada.create(&"n".repeat(201)).await), "NAME_INVALID");
    assert_eq!(ada.rename(team.id, "Crew").await.unwrap().name, "Crew");

    let invited = ada.invite(team.id, "Bob@example.com", Role::Admin).await.unwrap();
    assert_eq!(ada.invitations(team.id).await.unwrap(), std::slice::from_ref(&invited));
    let first = token_for(&app, "Bob@example.com").await;
    // Inviting again replaces the token and the role, not the invitation.
    app.advance(time::Duration::SECOND).await;
    let again = ada.invite(team.id, "bob@example.com", Role::Editor).await.unwrap();
    assert_eq!(again.id, invited.id);
    assert_eq!(reason(bob.accept(&first).await), "MAIL_TOKEN_INVALID");
    let token = token_for(&app, "bob@example.com").await;
    assert_eq!(reason(ada.accept(&token).await), "INVITATION_FOR_OTHER_ADDRESS");
    assert_eq!(bob.accept(&token).await.unwrap().role(), Role::Editor);
    assert_eq!(reason(bob.accept(&token).await), "MAIL_TOKEN_INVALID");
    assert_eq!(bob.members(team.id).await.unwrap(), [(ada.id, Role::Owner), (bob.id, Role::Editor)]);
    assert_eq!(reason(ada.invite(team.id, "bob@example.com", Role::Viewer).await), "ALREADY_MEMBER");
    assert_eq!(reason(ada.invite(ada.personal, "eve@example.com", Role::Viewer).await), "PERSONAL_WORKSPACE");
    assert_eq!(blame(ada.invite(team.id, "eve@example.com", Role::Owner).await).1, "role");
    assert_eq!(reason(ada.leave(ada.personal).await), "PERSONAL_WORKSPACE");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_end_when_revoked_expired_or_their_inviter_is_gone() {
    let app = TestApp::new().await;
    let (ada, bob) = (Person::new(&app, "ada").await, Person::new(&app, "bob").await);
    let team = ada.create("Team").await.unwrap().id;
    bob.join(&ada, team, Role::Admin).await;
    let eve = Person::new(&app, "eve").await;
    let invited = ada.invite(team, "eve@example.com", Role::Viewer).await.unwrap();
    let token = token_for(&app, "eve@example.com").await;
    assert_eq!(reason(eve.revoke(invited.id).await), "INVITATION_NOT_FOUND");
    ada.revoke(invited.id).await.unwrap();
    assert_eq!(reason(eve.accept(&token).await), "MAIL_TOKEN_INVALID");
    bob.invite(team, "x@example.com", Role::Viewer).await.unwrap();
    ada.change_role(team, bob.id, Role::Editor).await.unwrap();
    assert_eq!(ada.invitations(team).await.unwrap(), []);
    // The mail of last week has expired.
    ada.invite(team, "Eve@example.com", Role::Viewer).await.unwrap();
    let token = token_for(&app, "Eve@example.com").await;
    sqlx::query("UPDATE invitations SET expires_at = $1")
        .bind(app.clock.now())
        .execute(&app.state().pool)
        .await
        .unwrap();
    assert_eq!(reason(eve.accept(&token).await), "MAIL_TOKEN_INVALID");
    assert_eq!(ada.invitations(team).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_member_reaches_above_their_role_and_an_owner_stays() {
    let app = TestApp::new().await;
    let ada = Person::new(&app, "ada").await;
    let team = ada.create("Team").await.unwrap().id;
    let (admin, viewer) = (Person::new(&app, "admin").await, Person::new(&app, "viewer").await);
    admin.join(&ada, team, Role::Admin).await;
    viewer.join(&ada, team, Role::Viewer).await;
    for refused in [
        admin.change_role(team, ada.id, Role::Viewer).await,
        admin.change_role(team, admin.id, Role::Owner).await,
        admin.remove(team, ada.id).await,
        viewer.change_role(team, viewer.id, Role::Admin).await,
        viewer.remove(team, admin.id).await,
        viewer.rename(team, "Mine").await.map(drop),
        viewer.invitations(team).await.map(drop),
        viewer.invite(team, "x@example.com", Role::Viewer).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::Forbidden, "ROLE_TOO_LOW"));
    }
    assert_eq!(blame(ada.change_role(team, admin.id, Role::Unspecified).await).1, "role");
    assert_eq!(reason(ada.change_role(team, 1, Role::Viewer).await), "MEMBER_NOT_FOUND");
    for refused in
        [ada.leave(team).await, ada.change_role(team, ada.id, Role::Admin).await, ada.remove(team, ada.id).await]
    {
        assert_eq!(reason(refused), "LAST_OWNER");
    }
    ada.change_role(team, admin.id, Role::Owner).await.unwrap();
    // Two owners who go at once leave one behind.
    let (one, other) = tokio::join!(ada.leave(team), admin.leave(team));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_to_strangers_a_workspace_does_not_exist_and_who_is_out_has_nothing_left() {
    let app = TestApp::new().await;
    let (ada, bob) = (Person::new(&app, "ada").await, Person::new(&app, "bob").await);
    let team = ada.create("Team").await.unwrap().id;
    let eve = Person::new(&app, "eve").await;
    for refused in [
        eve.members(team).await.map(drop),
        eve.invitations(team).await.map(drop),
        eve.rename(team, "x").await.map(drop),
        eve.invite(team, "x@example.com", Role::Viewer).await.map(drop),
        eve.change_role(team, ada.id, Role::Viewer).await,
        eve.remove(team, ada.id).await,
        eve.leave(team).await,
    ] {
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    }
    bob.join(&ada, team, Role::Admin).await;
    let message = CreateApiKeyRequest {
        workspace_id: team,
        name: "ci".into(),
        scopes: vec![Scope::Read.into()],
        ..Default::default()
    };
    let key = answer(app.client().create_api_key(bob.signed(message).await).await).unwrap().secret;
    let stale = bob.signed(ListMembersRequest { workspace_id: team }).await;
    let rename = UpdateWorkspaceRequest { workspace_id: team, name: "Mine".into(), client: client("192.0.2.1", "") };
    let stale_write = bob.signed(rename).await;
    ada.remove(team, bob.id).await.unwrap();
    assert_eq!(reason(app.exchange(Credential::ApiKey(key)).await), "API_KEY_INVALID");
    assert_eq!(bob.members(team).await.unwrap_err().code, Code::NotFound);
    // A token of the minute before still reads, as everywhere, but changes nothing here.
    assert!(app.client().list_members(stale).await.is_ok());
    assert_eq!(reason(answer(app.client().update_workspace(stale_write).await)), "WORKSPACE_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_and_members_are_bounded() {
    let app = TestApp::new().await;
    let ada = Person::new(&app, "ada").await;
    let mut team = 0;
    for n in 0..20 {
        team = ada.create(&format!("Team {n}")).await.unwrap().id;
    }
    assert_eq!(reason(ada.create("One more").await), "WORKSPACE_QUOTA");
    sqlx::query(
        "INSERT INTO invitations (id, workspace_id, email, email_key, role, inviter_id, token_hash, created_at, expires_at)
         SELECT n, $1, n || '@x.y', n || '@x.y', 1, $2, sha256(n::text::bytea), now(), now() + interval '1 day'
         FROM generate_series(1, 198) n",
    )
    .bind(team)
    .bind(ada.id)
    .execute(&app.state().pool)
    .await
    .unwrap();
    assert!(ada.invite(team, "last@example.com", Role::Viewer).await.is_ok());
    assert_eq!(reason(ada.invite(team, "more@example.com", Role::Viewer).await), "MEMBER_QUOTA");
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_invitations_by_one_client_are_few_and_say_nothing_about_accounts() {
    let app = TestApp::with(|config| config.auth.mail_burst = 3).await;
    let ada = Person::new(&app, "ada").await;
    Person::new(&app, "known").await;
    let team = ada.create("Team").await.unwrap().id;
    let known = ada.invite(team, "known@example.com", Role::Viewer).await.unwrap();
    let unknown = ada.invite(team, "unknown@example.com", Role::Viewer).await.unwrap();
    assert_eq!(
        Invitation { id: 0, email: String::new(), ..known },
        Invitation { id: 0, email: String::new(), ..unknown }
    );
    ada.invite(team, "third@example.com", Role::Viewer).await.unwrap();
    assert_eq!(reason(ada.invite(team, "fourth@example.com", Role::Viewer).await), "TOO_MANY_MAILS");
    assert_eq!(blame(ada.invite(team, "a@b.c\r\nBcc: x@y.z", Role::Viewer).await).0, "EMAIL_INVALID");
}
