//! Which events are about an account that was erased (S40).

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{AccountErased, Envelope};
use prost::encoding::encode_varint;

/// An account that was erased, with the workspaces that ended with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The account.
    pub user_id: i64,
    /// The workspaces.
    pub workspace_ids: Vec<i64>,
    /// Its address, where it is still known.
    pub email: Option<String>,
}

impl From<&AccountErased> for Erased {
    fn from(fact: &AccountErased) -> Self {
        Self { user_id: fact.user_id, workspace_ids: fact.workspace_ids.clone(), email: None }
    }
}

impl Erased {
    /// Whether an event says something about the account or one of the workspaces. That it was erased, and that its
    /// credentials are worth nothing, are told by numbers alone and have to arrive: they are not among these events.
    pub fn concerns(&self, envelope: &Envelope) -> bool {
        let Some(payload) = &envelope.payload else { return false };
        if matches!(payload, Payload::AccountErased(_) | Payload::CredentialRevoked(_)) {
            return false;
        }
        let is_the_address = |email: &str| self.email.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(email));
        self.workspace_ids.contains(&envelope.workspace_id)
            || user(payload) == Some(self.user_id)
            || address(payload).is_some_and(is_the_address)
    }

    /// What an encoded event contains, one of these at least, when [`Erased::concerns`] holds: a first look at many of them
    /// need not decode them.
    pub fn marks(&self) -> Vec<Vec<u8>> {
        let number = |id: &i64| {
            let mut bytes = Vec::new();
            encode_varint(id.cast_unsigned(), &mut bytes);
            bytes
        };
        // Of an address the domain is written in one way.
        let domain = self.email.as_ref().and_then(|email| email.rfind('@').map(|at| email.as_bytes()[at..].to_vec()));
        self.workspace_ids.iter().chain([&self.user_id]).map(number).chain(domain).collect()
    }
}

/// The account that an event is about, or that caused it.
fn user(payload: &Payload) -> Option<i64> {
    match payload {
        Payload::UserRegistered(fact) => fact.user.as_ref().map(|user| user.id),
        Payload::EmailVerificationRequested(fact) => Some(fact.user_id),
        Payload::ApiKeyCreated(fact) => Some(fact.creator_id),
        Payload::PasswordChanged(fact) => Some(fact.user_id),
        Payload::PasswordResetRequested(fact) => Some(fact.user_id),
        Payload::SignupAttempted(fact) => Some(fact.user_id),
        Payload::InvitationCreated(fact) => Some(fact.inviter_id),
        Payload::NewDeviceSignedIn(fact) => Some(fact.user_id),
        Payload::AccountLocked(fact) => Some(fact.user_id),
        Payload::WebhookDisabled(fact) => Some(fact.creator_id),
        _ => None,
    }
}

/// The address in an event that needs no account.
fn address(payload: &Payload) -> Option<&str> {
    match payload {
        Payload::InvitationCreated(fact) => Some(&fact.email),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{CredentialRevoked, InvitationCreated, LinkCreated, NewDeviceSignedIn};
    use prost::Message as _;

    use super::*;

    const USER: i64 = 279_123_456_789_012_480;
    const WORKSPACE: i64 = 279_123_456_789_012_481;

    fn ann() -> Erased {
        Erased { user_id: USER, workspace_ids: vec![WORKSPACE], email: Some("Ann@example.org".into()) }
    }

    fn event(workspace_id: i64, payload: Payload) -> Envelope {
        Envelope { workspace_id, payload: Some(payload), ..Envelope::default() }
    }

    #[test]
    fn s40_events_about_the_account_are_told_from_those_about_others() {
        let invited = |email: &str, inviter_id| {
            event(
                7,
                Payload::InvitationCreated(InvitationCreated { email: email.into(), inviter_id, ..Default::default() }),
            )
        };
        let device = |user_id, email: &str| {
            event(
                0,
                Payload::NewDeviceSignedIn(NewDeviceSignedIn { user_id, email: email.into(), ..Default::default() }),
            )
        };
        let ours = [
            event(WORKSPACE, Payload::LinkCreated(LinkCreated::default())),
            device(USER, "ann@example.org"),
            invited("ANN@example.org", 8),
            invited("bob@example.org", USER),
        ];
        let marks = ann().marks();
        for envelope in ours {
            assert!(ann().concerns(&envelope), "{envelope:?}");
            let bytes = envelope.encode_to_vec();
            assert!(marks.iter().any(|mark| bytes.windows(mark.len()).any(|part| part == mark)), "{envelope:?}");
        }
        let others = [
            event(WORKSPACE + 1, Payload::LinkCreated(LinkCreated::default())),
            device(USER + 1, "joann@example.org"),
            invited("joann@example.org", 8),
            event(0, Payload::CredentialRevoked(CredentialRevoked::default())),
            event(0, Payload::AccountErased(AccountErased { user_id: USER, workspace_ids: vec![WORKSPACE] })),
            Envelope { workspace_id: WORKSPACE, ..Envelope::default() },
        ];
        for envelope in others {
            assert!(!ann().concerns(&envelope), "{envelope:?}");
        }
    }
}
