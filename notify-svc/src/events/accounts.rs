//! Mails about an account.

use curtail_proto::auth::v1::Role;
use curtail_proto::events::v1::envelope::Payload;
use serde_json::json;
use time::OffsetDateTime;

use super::{Malformed, Notice, To, rfc3339};
use crate::kind::Kind;

pub(super) fn notice(payload: &Payload, at: OffsetDateTime) -> Result<Option<Notice>, Malformed> {
    let at = rfc3339(at);
    let account = |user_id: i64, address: &str, full_name: &str| To::Account {
        user_id,
        address: address.to_owned(),
        full_name: full_name.to_owned(),
    };
    let (kind, to, data) = match payload {
        Payload::EmailVerificationRequested(event) => {
            let expires_at = rfc3339(curtail_proto::instant(event.expires_at).ok_or(Malformed("expires_at"))?);
            let data = json!({"token": event.token, "expires_at": expires_at});
            (Kind::EmailVerification, account(event.user_id, &event.email, &event.full_name), data)
        }
        Payload::PasswordResetRequested(event) => {
            let expires_at = rfc3339(curtail_proto::instant(event.expires_at).ok_or(Malformed("expires_at"))?);
            let data = json!({"token": event.token, "expires_at": expires_at});
            (Kind::PasswordReset, account(event.user_id, &event.email, &event.full_name), data)
        }
        Payload::PasswordChanged(event) => (Kind::PasswordChanged, To::User(event.user_id), json!({"at": at})),
        Payload::SignupAttempted(event) => {
            let to = account(event.user_id, &event.email, &event.full_name);
            (Kind::SignupAttempted, to, json!({"at": at}))
        }
        Payload::NewDeviceSignedIn(event) => {
            let session = event.session.as_ref().ok_or(Malformed("session"))?;
            let data = json!({"at": at, "device": session.user_agent, "network": session.ip_prefix});
            (Kind::NewDevice, account(event.user_id, &event.email, &event.full_name), data)
        }
        Payload::AccountLocked(event) => {
            let until = rfc3339(curtail_proto::instant(event.until).ok_or(Malformed("until"))?);
            let to = account(event.user_id, &event.email, &event.full_name);
            (Kind::AccountLocked, to, json!({"until": until}))
        }
        Payload::ApiKeyCreated(event) => {
            let key = event.api_key.as_ref().ok_or(Malformed("api_key"))?;
            let data = json!({"name": key.name, "prefix": key.prefix, "at": at});
            (Kind::ApiKeyCreated, To::User(event.creator_id), data)
        }
        Payload::InvitationCreated(event) => {
            let expires_at = rfc3339(curtail_proto::instant(event.expires_at).ok_or(Malformed("expires_at"))?);
            let data = json!({
                "inviter": event.inviter_name,
                "inviter_id": event.inviter_id,
                "workspace": event.workspace_name,
                "role": role(event.role()),
                "token": event.token,
                "expires_at": expires_at,
            });
            (Kind::Invitation, To::Address(event.email.clone()), data)
        }
        _ => return Ok(None),
    };
    Ok(Some(Notice { kind, to, data }))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Unspecified | Role::Viewer => "viewer",
        Role::Editor => "editor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}
