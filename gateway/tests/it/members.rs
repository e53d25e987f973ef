//! A team: a workspace, invitations by mail, roles, and what the audit log says of it.

use std::time::Duration;

use curtail_proto::events::v1::envelope::Payload;
use serde_json::{Value, json};

use crate::platform::Platform;

const CREATE_LINK: &str =
    "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { code } } }";
const INVITE: &str = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { id email role } userErrors { field code } } }";
pub const ACCEPT: &str =
    "mutation($token: String!) { acceptInvitation(token: $token) { workspace { id role } userErrors { code } } }";

pub async fn team(platform: &Platform, owner: &str) -> String {
    let create = "mutation { createWorkspace(name: \"Team\") { workspace { id role personal } userErrors { code } } }";
    let made = platform.as_page(owner, create, Value::Null).await;
    let workspace = &made.body["data"]["createWorkspace"]["workspace"];
    assert_eq!((&workspace["role"], &workspace["personal"]), (&json!("OWNER"), &json!(false)), "{made:?}");
    workspace["id"].as_str().unwrap().to_owned()
}

pub async fn invite(platform: &Platform, owner: &str, workspace: &str, email: &str) -> String {
    let input = json!({"input": {"workspaceId": workspace, "email": email, "role": "EDITOR"}});
    let invited = platform.as_page(owner, INVITE, input).await;
    assert_eq!(invited.body["data"]["inviteMember"]["userErrors"], json!([]), "{invited:?}");
    let email = email.to_owned();
    let token = move |fact| match fact {
        Payload::InvitationCreated(fact) if fact.email == email => Some(fact.token),
        _ => None,
    };
    platform.mailed(token).await
}

fn link(workspace: &str) -> Value {
    json!({"input": {"workspaceId": workspace, "url": "https://example.com/team"}})
}

#[tokio::test]
async fn a_team_is_made_invited_and_changed_and_all_of_it_is_in_the_log() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let workspace = team(&platform, &ann).await;
    // What was just made can be used by the next request.
    let made = platform.as_page(&ann, CREATE_LINK, link(&workspace)).await;
    assert!(made.body["data"]["createLink"]["link"].is_object(), "{made:?}");
    let token = invite(&platform, &ann, &workspace, "bob@example.org").await;
    let refused = platform.as_page(&ann, ACCEPT, json!({"token": token})).await;
    assert_eq!(refused.body["data"]["acceptInvitation"]["userErrors"][0]["code"], "INVITATION_FOR_OTHER_ADDRESS");
    let joined = platform.as_page(&bob, ACCEPT, json!({"token": token})).await;
    assert_eq!(joined.body["data"]["acceptInvitation"]["workspace"]["role"], "EDITOR", "{joined:?}");
    let made = platform.as_page(&bob, CREATE_LINK, link(&workspace)).await;
    assert!(made.body["data"]["createLink"]["link"].is_object(), "{made:?}");

    let read = "query($id: ID!) { workspace(id: $id) { members { user { id email } role } invitations { id } } }";
    let seen = platform.as_page(&ann, read, json!({"id": workspace})).await;
    let members = &seen.body["data"]["workspace"]["members"];
    assert_eq!(members[1]["user"]["email"], "bob@example.org", "{seen:?}");
    assert_eq!(seen.body["data"]["workspace"]["invitations"], json!([]));
    let bob_id = members[1]["user"]["id"].clone();

    // A role that is taken away is gone within a second, and the session goes on.
    let change =
        "mutation($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { done userErrors { code } } }";
    let input = json!({"input": {"workspaceId": workspace, "userId": bob_id, "role": "VIEWER"}});
    let changed = platform.as_page(&ann, change, input).await;
    assert_eq!(changed.body["data"]["changeMemberRole"]["done"], true, "{changed:?}");
    let refused = async || platform.as_page(&bob, CREATE_LINK, link(&workspace)).await.code() == "FORBIDDEN";
    curtail_testkit::until(refused, Duration::from_secs(5), "the role is gone").await;
    let remove =
        "mutation($w: ID!, $u: ID!) { removeMember(workspaceId: $w, userId: $u) { done userErrors { code } } }";
    let removed = platform.as_page(&ann, remove, json!({"w": workspace, "u": bob_id})).await;
    assert_eq!(removed.body["data"]["removeMember"]["done"], true, "{removed:?}");
    let gone = async || {
        let seen = platform.as_page(&bob, "{ viewer { email workspaces { id } } }", Value::Null).await;
        seen.body["data"]["viewer"]["workspaces"].as_array().is_some_and(|list| list.len() == 1)
    };
    curtail_testkit::until(gone, Duration::from_secs(5), "bob is out").await;

    let log = "query($id: ID!, $after: String) { workspace(id: $id) { auditLog(first: 3, after: $after) {
        pageInfo { hasNextPage endCursor } nodes { action actorKind actor { email } ipPrefix before after } } } }";
    let first = platform.as_page(&ann, log, json!({"id": workspace})).await;
    let page = &first.body["data"]["workspace"]["auditLog"];
    let actions: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["member.removed", "member.role_changed", "member.joined"], "{first:?}");
    let changed = &page["nodes"][1];
    assert_eq!((&changed["before"], &changed["after"]), (&json!({"role": "EDITOR"}), &json!({"role": "VIEWER"})));
    assert_eq!((&changed["actorKind"], &changed["ipPrefix"]), (&json!("USER"), &json!("127.0.0.0/24")));
    assert_eq!(changed["actor"]["email"], "ann@example.org");
    let rest = json!({"id": workspace, "after": page["pageInfo"]["endCursor"]});
    let rest = platform.as_page(&ann, log, rest).await;
    let rest = &rest.body["data"]["workspace"]["auditLog"];
    assert_eq!(
        (&rest["nodes"][1]["action"], &rest["pageInfo"]["hasNextPage"]),
        (&json!("workspace.created"), &json!(false))
    );
    let own = platform.as_page(&bob, "{ viewer { auditLog { nodes { action } } } }", Value::Null).await;
    assert_eq!(own.body["data"]["viewer"]["auditLog"]["nodes"][0]["action"], "member.removed", "{own:?}");
    // S18: no one else reads it.
    let other = platform.as_page(&bob, log, json!({"id": workspace})).await;
    assert_eq!(other.body["data"]["workspace"], Value::Null);
}
