//! Between our types and the contract's. Roles, plans, scopes and states have the contract's numbers already.

use curtail_proto::auth::v1 as wire;
use curtail_tokens::Scope;

use crate::{
    domain::User,
    services::issuer::Pair,
    store::{
        api_keys::ApiKey,
        audit_log::AuditEntry,
        invitations::Invitation,
        members::Member,
        revocations::{Revocation, Revoked},
        sessions::Session,
        users::{Recipient, Summary},
        workspaces::Workspace,
    },
};

/// An account.
pub fn user(user: &User) -> wire::User {
    wire::User {
        id: user.id,
        email: user.email.clone(),
        email_verified: user.email_verified_at.is_some(),
        full_name: user.full_name.clone(),
        status: user.status as i32,
        platform_admin: user.platform_admin,
        created_at: Some(curtail_proto::timestamp(user.created_at)),
    }
}

/// What members see of each other.
pub fn summary(user: Summary) -> wire::UserSummary {
    wire::UserSummary { id: user.id, full_name: user.full_name, email: user.email }
}

/// Somebody to write to. Roles have the contract's numbers.
pub fn recipient(user: Recipient) -> wire::Recipient {
    wire::Recipient {
        user_id: user.id,
        email: user.email,
        full_name: user.full_name,
        email_verified: user.email_verified,
        role: user.role.map_or(0, i32::from),
    }
}

/// A workspace and the caller's role in it.
pub fn workspace(workspace: &Workspace) -> wire::Workspace {
    wire::Workspace {
        id: workspace.id,
        name: workspace.name.clone(),
        personal: workspace.personal,
        plan: workspace.plan.number(),
        role: workspace.role.number(),
        created_at: Some(curtail_proto::timestamp(workspace.created_at)),
    }
}

/// A member of a workspace.
pub fn member(member: Member) -> wire::Member {
    let user = wire::UserSummary { id: member.user_id, full_name: member.full_name, email: member.email };
    wire::Member {
        user: Some(user),
        role: member.role.number(),
        joined_at: Some(curtail_proto::timestamp(member.created_at)),
    }
}

/// An invitation without its token.
pub fn invitation(invitation: Invitation) -> wire::Invitation {
    wire::Invitation {
        id: invitation.id,
        workspace_id: invitation.workspace_id,
        email: invitation.email,
        role: invitation.role.number(),
        inviter_id: invitation.inviter_id,
        created_at: Some(curtail_proto::timestamp(invitation.created_at)),
        expires_at: Some(curtail_proto::timestamp(invitation.expires_at)),
    }
}

/// An entry of the audit log.
pub fn audit_entry(entry: AuditEntry) -> wire::AuditEntry {
    let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    wire::AuditEntry {
        id: entry.id,
        at: Some(curtail_proto::timestamp(entry.at)),
        action: entry.action,
        actor_kind: entry.actor_kind.into(),
        actor_user_id: entry.actor_user_id.unwrap_or(0),
        actor_api_key_id: entry.actor_api_key_id.unwrap_or(0),
        ip_prefix: entry.ip_prefix,
        target_id: entry.target_id.unwrap_or(0),
        before: text(entry.before),
        after: text(entry.after),
    }
}

/// The pair of a session.
pub fn pair(pair: Pair) -> wire::TokenPair {
    wire::TokenPair {
        access_token: pair.access_token,
        access_expires_at: Some(curtail_proto::timestamp(pair.access_expires_at)),
        refresh_token: pair.refresh_token,
        refresh_expires_at: Some(curtail_proto::timestamp(pair.refresh_expires_at)),
        session_id: pair.session_id,
        device: pair.device,
    }
}

/// A session; `current` is the one that asks.
pub fn session(session: &Session, current: Option<i64>) -> wire::Session {
    wire::Session {
        id: session.id,
        user_agent: session.user_agent.clone(),
        ip_prefix: session.ip_prefix.clone(),
        created_at: Some(curtail_proto::timestamp(session.created_at)),
        last_seen_at: Some(curtail_proto::timestamp(session.last_seen_at)),
        current: current == Some(session.id),
    }
}

/// A key without its secret.
pub fn api_key(key: &ApiKey) -> wire::ApiKey {
    wire::ApiKey {
        id: key.id,
        workspace_id: key.workspace_id,
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        scopes: key.scopes.iter().map(|scope| Scope::number(*scope)).collect(),
        created_at: Some(curtail_proto::timestamp(key.created_at)),
        expires_at: key.expires_at.map(curtail_proto::timestamp),
        last_used_at: key.last_used_at.map(curtail_proto::timestamp),
        revoked_at: key.revoked_at.map(curtail_proto::timestamp),
        rate_limit_per_minute: key.rate_limit_per_minute.unsigned_abs(),
    }
}

/// Something that must not be accepted any more.
pub fn revocation(revocation: &Revocation) -> wire::Revocation {
    use wire::revocation::Subject;
    let subject = match revocation.subject {
        Revoked::Session(id) => Subject::SessionId(id),
        Revoked::ApiKey(id) => Subject::ApiKeyId(id),
        Revoked::User(id) => Subject::UserId(id),
        Revoked::Memberships(id) => Subject::MembershipsOf(id),
    };
    wire::Revocation { subject: Some(subject), at: Some(curtail_proto::timestamp(revocation.at)) }
}
