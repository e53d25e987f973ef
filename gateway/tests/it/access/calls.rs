//! How each field of the schema is asked for: with arguments that fit, about one place.

use serde_json::{Value, json};

use super::fresh::{Uses, address, number};
use super::world::Place;
use crate::platform::PASSWORD;

/// A way to ask for a field.
pub struct Call {
    /// Its row.
    pub row: &'static str,
    /// From the kind of operation to the field.
    pub path: &'static str,
    /// What it uses up.
    pub uses: Uses,
    /// Arguments of the fields on the path.
    pub variables: fn(&Place) -> Value,
}

const fn call(row: &'static str, path: &'static str, uses: Uses, variables: fn(&Place) -> Value) -> Call {
    Call { row, path, uses, variables }
}

const fn read(row: &'static str, path: &'static str, variables: fn(&Place) -> Value) -> Call {
    call(row, path, Uses::Nothing, variables)
}

fn none(_: &Place) -> Value {
    json!({})
}

fn workspace(of: &Place) -> Value {
    json!({"id": of.workspace})
}

fn workspace_id(of: &Place) -> Value {
    json!({"workspaceId": of.workspace})
}

fn link(of: &Place) -> Value {
    json!({"id": of.link})
}

fn webhook(of: &Place) -> Value {
    json!({"id": of.webhook})
}

/// A range that has clicks of no one.
fn range() -> Value {
    json!({"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"})
}

/// Every field that has a row. A field that is reached through others is asked for through them.
pub fn all() -> Vec<Call> {
    [queries(), nested(), accounts(), workspaces(), links(), notices()].into_iter().flatten().collect()
}

fn queries() -> Vec<Call> {
    vec![
        read("Query.version", "query.version", none),
        read("Query.viewer", "query.viewer", none),
        read("Query.notificationPreferences", "query.notificationPreferences", none),
        read("Query.workspace", "query.workspace", workspace),
        read("Query.link:id", "query.link", link),
        read("Query.link:code", "query.link", |of| json!({"code": of.code})),
        read("Query.takedowns", "query.takedowns", link),
        read("Query.links", "query.links", workspace_id),
        read("Query.links:cursor of another list", "query.links", |of| json!({"after": of.cursor})),
        read("Query.search", "query.search", workspace_id),
        read("Query.analytics", "query.analytics", |of| json!({"workspaceId": of.workspace, "input": range()})),
        read("Query.trendingLinks", "query.trendingLinks", workspace_id),
        read("Query.webhooks", "query.webhooks", workspace_id),
        read("Query.webhookDeliveries", "query.webhookDeliveries", |of| json!({"webhookId": of.webhook})),
        read("Subscription.clicks", "subscription.clicks", workspace_id),
        read(
            "Subscription.clicks:link",
            "subscription.clicks",
            |of| json!({"workspaceId": of.workspace, "linkId": of.link}),
        ),
        read("Subscription.linkChanged", "subscription.linkChanged", workspace_id),
        read(
            "Subscription.linkChanged:link",
            "subscription.linkChanged",
            |of| json!({"workspaceId": of.workspace, "linkId": of.link}),
        ),
    ]
}

fn nested() -> Vec<Call> {
    vec![
        read("Viewer.sessions", "query.viewer.sessions", none),
        read("Viewer.phoneNumber", "query.viewer.phoneNumber", none),
        read("Viewer.auditLog", "query.viewer.auditLog", none),
        read("Workspace.links", "query.workspace.links", workspace),
        read("Workspace.tags", "query.workspace.tags", workspace),
        read("Workspace.apiKeys", "query.workspace.apiKeys", workspace),
        read("Workspace.members", "query.workspace.members", workspace),
        read("Workspace.invitations", "query.workspace.invitations", workspace),
        read("Workspace.auditLog", "query.workspace.auditLog", workspace),
        read("Workspace.webhooks", "query.workspace.webhooks", workspace),
        read("Workspace.analytics", "query.workspace.analytics", |of| json!({"id": of.workspace, "input": range()})),
        read("Link.totals", "query.link.totals", link),
        read("Link.clicks", "query.link.clicks", link),
        read("Link.creator", "query.link.creator", link),
        read("Link.analytics", "query.link.analytics", |of| json!({"id": of.link, "input": range()})),
        read("AuditEntry.actor", "query.workspace.auditLog.nodes.actor", workspace),
    ]
}

fn accounts() -> Vec<Call> {
    let login = |of: &Place| json!({"refreshToken": of.refresh});
    vec![
        call(
            "Mutation.register",
            "mutation.register",
            Uses::Nothing,
            |_| json!({"input": {"email": address("new"), "password": PASSWORD, "fullName": "new"}}),
        ),
        call(
            "Mutation.login",
            "mutation.login",
            Uses::Nothing,
            |_| json!({"input": {"email": "stranger-othermark@example.org", "password": PASSWORD}}),
        ),
        call("Mutation.refreshSession", "mutation.refreshSession", Uses::Refresh, login),
        call("Mutation.logout", "mutation.logout", Uses::Caller, none),
        call("Mutation.logout:by token", "mutation.logout", Uses::Refresh, login),
        call("Mutation.logoutEverywhere", "mutation.logoutEverywhere", Uses::Caller, none),
        call("Mutation.revokeSession", "mutation.revokeSession", Uses::Session, |of| json!({"id": of.session})),
        call(
            "Mutation.changePassword",
            "mutation.changePassword",
            Uses::Caller,
            |_| json!({"currentPassword": PASSWORD, "newPassword": "seven copper kettles whistle 77"}),
        ),
        call("Mutation.generatePassword", "mutation.generatePassword", Uses::Nothing, none),
        call(
            "Mutation.estimatePassword",
            "mutation.estimatePassword",
            Uses::Nothing,
            |_| json!({"password": "violet"}),
        ),
        call("Mutation.verifyEmail", "mutation.verifyEmail", Uses::Nothing, |_| json!({"token": "A".repeat(43)})),
        call(
            "Mutation.resendVerification",
            "mutation.resendVerification",
            Uses::Nothing,
            |_| json!({"email": address("new")}),
        ),
        call(
            "Mutation.requestPasswordReset",
            "mutation.requestPasswordReset",
            Uses::Nothing,
            |_| json!({"email": address("new")}),
        ),
        call(
            "Mutation.resetPassword",
            "mutation.resetPassword",
            Uses::Nothing,
            |_| json!({"token": "A".repeat(43), "newPassword": PASSWORD}),
        ),
        call("Mutation.exportAccount", "mutation.exportAccount", Uses::Nothing, none),
        call("Mutation.eraseAccount", "mutation.eraseAccount", Uses::Caller, |_| json!({"currentPassword": PASSWORD})),
        call(
            "Mutation.updateNotificationPreferences",
            "mutation.updateNotificationPreferences",
            Uses::Nothing,
            |_| json!({"preferences": [{"kind": "WEEKLY_REPORT", "email": true}]}),
        ),
        call("Mutation.setPhoneNumber", "mutation.setPhoneNumber", Uses::Caller, |_| json!({"number": number()})),
        call(
            "Mutation.confirmPhoneNumber",
            "mutation.confirmPhoneNumber",
            Uses::Nothing,
            |_| json!({"code": "123456"}),
        ),
        call("Mutation.removePhoneNumber", "mutation.removePhoneNumber", Uses::Caller, none),
    ]
}

fn workspaces() -> Vec<Call> {
    vec![
        call("Mutation.createWorkspace", "mutation.createWorkspace", Uses::Nothing, |_| json!({"name": "new"})),
        call(
            "Mutation.updateWorkspace",
            "mutation.updateWorkspace",
            Uses::Nothing,
            |of| json!({"id": of.workspace, "name": "renamed"}),
        ),
        call(
            "Mutation.changeMemberRole",
            "mutation.changeMemberRole",
            Uses::Member,
            |of| json!({"input": {"workspaceId": of.workspace, "userId": of.member, "role": "EDITOR"}}),
        ),
        call(
            "Mutation.changeMemberRole:to owner",
            "mutation.changeMemberRole",
            Uses::Member,
            |of| json!({"input": {"workspaceId": of.workspace, "userId": of.member, "role": "OWNER"}}),
        ),
        call(
            "Mutation.removeMember",
            "mutation.removeMember",
            Uses::Member,
            |of| json!({"workspaceId": of.workspace, "userId": of.member}),
        ),
        call("Mutation.leaveWorkspace", "mutation.leaveWorkspace", Uses::Caller, workspace),
        call(
            "Mutation.inviteMember",
            "mutation.inviteMember",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "email": address("new"), "role": "ADMIN"}}),
        ),
        call(
            "Mutation.revokeInvitation",
            "mutation.revokeInvitation",
            Uses::Invitation,
            |of| json!({"id": of.invitation}),
        ),
        call("Mutation.acceptInvitation", "mutation.acceptInvitation", Uses::Nothing, |of| json!({"token": of.token})),
        call(
            "Mutation.createApiKey",
            "mutation.createApiKey",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "name": "new", "scopes": ["ADMIN"]}}),
        ),
        call("Mutation.revokeApiKey", "mutation.revokeApiKey", Uses::Key, |of| json!({"id": of.key})),
    ]
}

fn links() -> Vec<Call> {
    vec![
        call(
            "Mutation.createLink",
            "mutation.createLink",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "url": "https://new.example/"}}),
        ),
        call(
            "Mutation.createLinks",
            "mutation.createLinks",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "links": [{"url": "https://new.example/"}]}}),
        ),
        call(
            "Mutation.updateLink",
            "mutation.updateLink",
            Uses::Link,
            |of| json!({"input": {"id": of.link, "notes": "changed"}}),
        ),
        call("Mutation.deleteLink", "mutation.deleteLink", Uses::Link, link),
        call(
            "Mutation.updateLinks",
            "mutation.updateLinks",
            Uses::Link,
            |of| json!({"input": {"workspaceId": of.workspace, "ids": [of.link], "disabled": true}}),
        ),
        call(
            "Mutation.deleteLinks",
            "mutation.deleteLinks",
            Uses::Link,
            |of| json!({"input": {"workspaceId": of.workspace, "ids": [of.link]}}),
        ),
        // To its own name, so that nothing changes.
        read(
            "Mutation.renameTag",
            "mutation.renameTag",
            |of| json!({"input": {"workspaceId": of.workspace, "name": of.tag, "newName": of.tag}}),
        ),
        read(
            "Mutation.mergeTags",
            "mutation.mergeTags",
            |of| json!({"input": {"workspaceId": of.workspace, "names": [of.tag], "into": of.tag}}),
        ),
        call(
            "Mutation.deleteTag",
            "mutation.deleteTag",
            Uses::Tag,
            |of| json!({"input": {"workspaceId": of.workspace, "name": of.tag}}),
        ),
        call(
            "Mutation.blockLink",
            "mutation.blockLink",
            Uses::Link,
            |of| json!({"input": {"id": of.link, "reason": "phishing"}}),
        ),
        call("Mutation.releaseLink", "mutation.releaseLink", Uses::Link, |of| json!({"input": {"id": of.link}})),
        call("Mutation.restoreLink", "mutation.restoreLink", Uses::DeletedLink, link),
        call(
            "Mutation.setTag",
            "mutation.setTag",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "name": of.tag, "color": "#123456"}}),
        ),
    ]
}

fn notices() -> Vec<Call> {
    vec![
        call(
            "Mutation.createWebhook",
            "mutation.createWebhook",
            Uses::Nothing,
            |of| json!({"input": {"workspaceId": of.workspace, "url": "https://new.example/", "events": ["LINK_EXPIRED"]}}),
        ),
        call(
            "Mutation.updateWebhook",
            "mutation.updateWebhook",
            Uses::Nothing,
            |of| json!({"input": {"id": of.webhook, "description": "changed"}}),
        ),
        call("Mutation.deleteWebhook", "mutation.deleteWebhook", Uses::Webhook, webhook),
        call("Mutation.rotateWebhookSecret", "mutation.rotateWebhookSecret", Uses::Nothing, webhook),
        call("Mutation.testWebhook", "mutation.testWebhook", Uses::Nothing, webhook),
        call(
            "Mutation.redeliverWebhook",
            "mutation.redeliverWebhook",
            Uses::Nothing,
            |of| json!({"deliveryId": of.delivery}),
        ),
    ]
}
