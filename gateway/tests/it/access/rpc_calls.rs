//! How each RPC is called: with a message that fits, about one place, in the text format of protobuf.

use super::fresh::{Uses, address, number};
use super::world::Place;
use crate::platform::PASSWORD;

/// A way to call an RPC.
pub struct Call {
    /// Its row.
    pub row: &'static str,
    /// What it uses up.
    pub uses: Uses,
    /// The request.
    pub message: fn(&Place) -> String,
}

const fn call(row: &'static str, uses: Uses, message: fn(&Place) -> String) -> Call {
    Call { row, uses, message }
}

const fn plain(row: &'static str, message: fn(&Place) -> String) -> Call {
    call(row, Uses::Nothing, message)
}

const CLIENT: &str = r#"client { ip: "192.0.2.1" }"#;
/// A range that has clicks of no one, in whole days.
const RANGE: &str = "from { seconds: 1767225600 } until { seconds: 1767312000 }";

fn empty(_: &Place) -> String {
    String::new()
}

fn workspace(of: &Place) -> String {
    format!("workspace_id: {}", of.workspace)
}

fn webhook(of: &Place) -> String {
    format!("webhook_id: {}", of.webhook)
}

fn id(of: &Place) -> String {
    format!("id: {}", of.link)
}

fn scope(of: &Place) -> String {
    format!("scope {{ workspace_id: {} }} {RANGE}", of.workspace)
}

/// Every RPC that there is.
pub fn all() -> Vec<Call> {
    [sign_in(), account(), workspaces(), links(), for_services(), statistics(), notices()]
        .into_iter()
        .flatten()
        .collect()
}

fn sign_in() -> Vec<Call> {
    vec![
        plain("AuthService.Register", |_| {
            format!(r#"email: "{}" password: "{PASSWORD}" full_name: "new" {CLIENT}"#, address("new"))
        }),
        plain("AuthService.VerifyEmail", |_| format!(r#"token: "{}" {CLIENT}"#, "A".repeat(43))),
        plain("AuthService.ResendVerification", |_| format!(r#"email: "{}" {CLIENT}"#, address("new"))),
        plain("AuthService.RequestPasswordReset", |_| format!(r#"email: "{}" {CLIENT}"#, address("new"))),
        plain("AuthService.ResetPassword", |_| {
            format!(r#"token: "{}" new_password: "{PASSWORD}" {CLIENT}"#, "A".repeat(43))
        }),
        plain("AuthService.Login", |_| {
            format!(r#"email: "stranger-othermark@example.org" password: "{PASSWORD}" {CLIENT}"#)
        }),
        call("AuthService.RefreshSession", Uses::Refresh, |of| format!(r#"refresh_token: "{}" {CLIENT}"#, of.refresh)),
        plain("AuthService.Exchange", |of| format!(r#"api_key: "{}" {CLIENT}"#, of.secret)),
        plain("AuthService.GetKeyRing", empty),
        plain("AuthService.ListRevocations", |_| "since { seconds: 1 }".into()),
        plain("AuthService.ListRecipients", workspace),
        plain("AuthService.GeneratePassword", empty),
        plain("AuthService.EstimatePassword", |_| r#"password: "violet""#.into()),
        call("AuthService.Logout:by token", Uses::Refresh, |of| format!(r#"refresh_token: "{}""#, of.refresh)),
    ]
}

fn account() -> Vec<Call> {
    vec![
        call("AuthService.Logout", Uses::Caller, empty),
        call("AuthService.LogoutAll", Uses::Caller, empty),
        plain("AuthService.ListSessions", empty),
        call("AuthService.RevokeSession", Uses::Session, |of| format!("session_id: {}", of.session)),
        plain("AuthService.GetViewer", empty),
        call("AuthService.ChangePassword", Uses::Caller, |_| {
            format!(r#"current_password: "{PASSWORD}" new_password: "seven copper kettles whistle 77""#)
        }),
        plain("AuthService.CreateWorkspace", |_| r#"name: "new""#.into()),
        plain("AuthService.AcceptInvitation", |of| format!(r#"token: "{}""#, of.token)),
        plain("AuthService.ListAuditLog:own", |_| "limit: 10".into()),
        plain("AuthService.ExportAccount", empty),
        call("AuthService.EraseAccount", Uses::Caller, |_| format!(r#"current_password: "{PASSWORD}""#)),
        plain("NotifyService.GetPreferences", empty),
        plain("NotifyService.UpdatePreferences", |_| {
            "preferences { kind: NOTIFICATION_KIND_WEEKLY_REPORT email: true }".into()
        }),
        plain("NotifyService.GetPhoneNumber", empty),
        call("NotifyService.SetPhoneNumber", Uses::Caller, |_| format!(r#"number: "{}""#, number())),
        plain("NotifyService.ConfirmPhoneNumber", |_| r#"code: "123456""#.into()),
        call("NotifyService.RemovePhoneNumber", Uses::Caller, empty),
    ]
}

fn workspaces() -> Vec<Call> {
    vec![
        plain("AuthService.BatchGetUsers", |of| format!("ids: {}", of.member)),
        plain("AuthService.UpdateWorkspace", |of| format!(r#"workspace_id: {} name: "renamed""#, of.workspace)),
        plain("AuthService.ListMembers", workspace),
        plain("AuthService.ListInvitations", workspace),
        plain("AuthService.InviteMember", |of| {
            format!(r#"workspace_id: {} email: "{}" role: ROLE_ADMIN {CLIENT}"#, of.workspace, address("new"))
        }),
        call("AuthService.RevokeInvitation", Uses::Invitation, |of| format!("invitation_id: {}", of.invitation)),
        call("AuthService.ChangeMemberRole", Uses::Member, |of| {
            format!("workspace_id: {} user_id: {} role: ROLE_EDITOR", of.workspace, of.member)
        }),
        call("AuthService.ChangeMemberRole:to owner", Uses::Member, |of| {
            format!("workspace_id: {} user_id: {} role: ROLE_OWNER", of.workspace, of.member)
        }),
        call("AuthService.RemoveMember", Uses::Member, |of| {
            format!("workspace_id: {} user_id: {}", of.workspace, of.member)
        }),
        call("AuthService.LeaveWorkspace", Uses::Caller, workspace),
        plain("AuthService.ListAuditLog", |of| format!("workspace_id: {} limit: 10", of.workspace)),
        plain("AuthService.CreateApiKey", |of| {
            format!(r#"workspace_id: {} name: "new" scopes: SCOPE_ADMIN"#, of.workspace)
        }),
        plain("AuthService.ListApiKeys", workspace),
        call("AuthService.RevokeApiKey", Uses::Key, |of| format!("api_key_id: {}", of.key)),
    ]
}

fn links() -> Vec<Call> {
    vec![
        plain("LinkService.CreateLink", |of| {
            format!(r#"workspace_id: {} link {{ url: "https://new.example/" }}"#, of.workspace)
        }),
        plain("LinkService.BatchCreateLinks", |of| {
            format!(r#"workspace_id: {} links {{ url: "https://new.example/" }}"#, of.workspace)
        }),
        plain("LinkService.GetLink:id", |of| format!("link {{ id: {} }}", of.link)),
        plain("LinkService.GetLink:code", |of| format!(r#"link {{ address {{ code: "{}" }} }}"#, of.code)),
        plain("LinkService.BatchGetLinks", |of| format!("ids: {}", of.link)),
        plain("LinkService.ListLinks", |of| format!("workspace_id: {} limit: 10", of.workspace)),
        call("LinkService.UpdateLink", Uses::Link, |of| format!(r#"id: {} patch {{ notes: "changed" }}"#, of.link)),
        call("LinkService.DeleteLink", Uses::Link, id),
        call("LinkService.BatchUpdateLinks", Uses::Link, |of| {
            let selection = format!("selection {{ ids {{ ids: {} }} }}", of.link);
            format!("workspace_id: {} {selection} change {{ disabled: true }}", of.workspace)
        }),
        call("LinkService.BatchDeleteLinks", Uses::Link, |of| {
            format!("workspace_id: {} selection {{ ids {{ ids: {} }} }}", of.workspace, of.link)
        }),
        plain("LinkService.RenameTag", |of| {
            format!(r#"workspace_id: {} name: "{}" new_name: "{}""#, of.workspace, of.tag, of.tag)
        }),
        plain("LinkService.MergeTags", |of| {
            format!(r#"workspace_id: {} names: "{}" into: "{}""#, of.workspace, of.tag, of.tag)
        }),
        call("LinkService.DeleteTag", Uses::Tag, |of| format!(r#"workspace_id: {} name: "{}""#, of.workspace, of.tag)),
        call("LinkService.BlockLink", Uses::Link, |of| format!(r#"link {{ id: {} }} reason: "phishing""#, of.link)),
        call("LinkService.ReleaseLink", Uses::Link, |of| format!("link {{ id: {} }}", of.link)),
        plain("LinkService.ListTakedowns", |of| format!("link {{ id: {} }}", of.link)),
        call("LinkService.RestoreLink", Uses::DeletedLink, id),
        plain("LinkService.ListTags", workspace),
        plain("LinkService.SetTag", |of| {
            format!(r##"workspace_id: {} name: "{}" color: "#123456""##, of.workspace, of.tag)
        }),
        plain("SearchService.SearchLinks", |of| format!("workspace_id: {} limit: 10", of.workspace)),
    ]
}

fn for_services() -> Vec<Call> {
    vec![
        plain("LinkService.ResolveLink", |of| format!(r#"code: "{}""#, of.code)),
        call("LinkService.ConsumeClick", Uses::Link, |of| {
            format!(r#"link_id: {} event_id: "0123456789abcdef""#, of.link)
        }),
        plain("LinkService.ExpireLinks", |_| "limit: 1".into()),
        plain("LinkService.WarnExpiring", |_| "within_seconds: 60 limit: 1".into()),
        plain("LinkService.ArchiveLinks", |_| "deleted_days: 90 limit: 1".into()),
        plain("LinkService.ScanLinks", |_| "limit: 1".into()),
        plain("SearchService.StartReindex", empty),
        plain("SearchService.GetReindex", empty),
        plain("NotifyService.ReadUnsubscribeToken", |_| r#"token: "nothing""#.into()),
        plain("NotifyService.Unsubscribe", |_| r#"token: "nothing""#.into()),
    ]
}

fn statistics() -> Vec<Call> {
    vec![
        plain("AnalyticsService.BatchGetTotals", |of| {
            format!("links {{ link_id: {} workspace_id: {} }}", of.link, of.workspace)
        }),
        plain("AnalyticsService.QueryAnalytics", scope),
        plain("AnalyticsService.ExportClicks", |of| format!("{} limit: 10", scope(of))),
        plain("AnalyticsService.TrendingLinks", |of| {
            format!("workspace_id: {} window_seconds: 3600 limit: 10", of.workspace)
        }),
        plain("LiveService.WatchClicks", workspace),
        plain("LinkLiveService.WatchLinks", workspace),
    ]
}

fn notices() -> Vec<Call> {
    vec![
        plain("WebhookService.ListWebhooks", workspace),
        plain("WebhookService.CreateWebhook", |of| {
            format!(r#"workspace_id: {} url: "https://new.example/" events: "link.expired""#, of.workspace)
        }),
        plain("WebhookService.UpdateWebhook", |of| format!(r#"webhook_id: {} description: "changed""#, of.webhook)),
        call("WebhookService.DeleteWebhook", Uses::Webhook, webhook),
        plain("WebhookService.RotateWebhookSecret", webhook),
        plain("WebhookService.TestWebhook", webhook),
        plain("WebhookService.ListWebhookDeliveries", |of| format!("webhook_id: {} limit: 10", of.webhook)),
        plain("WebhookService.RedeliverWebhook", |of| format!("delivery_id: {}", of.delivery)),
    ]
}
