//! Why someone gets a message.

use curtail_proto::notify::v1::NotificationKind;

/// The kinds of messages. Each has a folder of templates under `notify-svc/templates/`, named as [`Kind::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Prove that the address is yours.
    EmailVerification,
    /// Somebody, hopefully you, forgot the password.
    PasswordReset,
    /// The password was changed.
    PasswordChanged,
    /// Someone tried to sign up with your address.
    SignupAttempted,
    /// A device that was never seen before signed in.
    NewDevice,
    /// Too many wrong passwords.
    AccountLocked,
    /// An API key was made in your name.
    ApiKeyCreated,
    /// You are asked to join a workspace.
    Invitation,
    /// A link was made.
    LinkCreated,
    /// A link ends soon.
    LinkExpiring,
    /// A link has ended.
    LinkExpired,
    /// A link is clicked far more than it used to be.
    TrafficSpike,
    /// What happened in a week.
    WeeklyReport,
    /// A webhook of yours gets no events any more.
    WebhookDisabled,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::EmailVerification,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SignupAttempted,
        Self::NewDevice,
        Self::AccountLocked,
        Self::ApiKeyCreated,
        Self::Invitation,
        Self::LinkCreated,
        Self::LinkExpiring,
        Self::LinkExpired,
        Self::TrafficSpike,
        Self::WeeklyReport,
        Self::WebhookDisabled,
    ];

    /// The name in the database, in tokens, on the command line and of the folder of templates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmailVerification => "email-verification",
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::SignupAttempted => "signup-attempted",
            Self::NewDevice => "new-device",
            Self::AccountLocked => "account-locked",
            Self::ApiKeyCreated => "api-key-created",
            Self::Invitation => "invitation",
            Self::LinkCreated => "link-created",
            Self::LinkExpiring => "link-expiring",
            Self::LinkExpired => "link-expired",
            Self::TrafficSpike => "traffic-spike",
            Self::WeeklyReport => "weekly-report",
            Self::WebhookDisabled => "webhook-disabled",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it concerns the safety of the account: whoever took it over must not be able to silence it.
    pub const fn is_required(self) -> bool {
        matches!(
            self,
            Self::EmailVerification
                | Self::PasswordReset
                | Self::PasswordChanged
                | Self::SignupAttempted
                | Self::NewDevice
                | Self::AccountLocked
                | Self::ApiKeyCreated
        )
    }

    /// Whether it is sent to those who never chose. A mail for each new link is for those who ask for it.
    pub const fn is_wanted_by_default(self) -> bool {
        !matches!(self, Self::LinkCreated)
    }

    /// Whether it can be a text message too: what someone wants to know at once, wherever he is.
    pub const fn has_text(self) -> bool {
        matches!(
            self,
            Self::PasswordChanged
                | Self::NewDevice
                | Self::AccountLocked
                | Self::ApiKeyCreated
                | Self::LinkExpired
                | Self::TrafficSpike
                | Self::WebhookDisabled
        )
    }

    /// The kind as callers name it.
    pub const fn to_proto(self) -> NotificationKind {
        match self {
            Self::EmailVerification => NotificationKind::EmailVerification,
            Self::PasswordReset => NotificationKind::PasswordReset,
            Self::PasswordChanged => NotificationKind::PasswordChanged,
            Self::SignupAttempted => NotificationKind::SignupAttempted,
            Self::NewDevice => NotificationKind::NewDevice,
            Self::AccountLocked => NotificationKind::AccountLocked,
            Self::ApiKeyCreated => NotificationKind::ApiKeyCreated,
            Self::Invitation => NotificationKind::Invitation,
            Self::LinkCreated => NotificationKind::LinkCreated,
            Self::LinkExpiring => NotificationKind::LinkExpiring,
            Self::LinkExpired => NotificationKind::LinkExpired,
            Self::TrafficSpike => NotificationKind::TrafficSpike,
            Self::WeeklyReport => NotificationKind::WeeklyReport,
            Self::WebhookDisabled => NotificationKind::WebhookDisabled,
        }
    }

    /// The kind that a caller named; `None` for numbers that mean nothing.
    pub fn from_proto(number: i32) -> Option<Self> {
        let named = NotificationKind::try_from(number).ok()?;
        Self::ALL.into_iter().find(|kind| kind.to_proto() == named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(Kind::from_proto(kind.to_proto().into()), Some(kind));
        }
        assert_eq!((Kind::from_proto(0), Kind::from_proto(99), Kind::from_name("")), (None, None, None));
    }

    #[test]
    fn what_is_required_is_also_the_default() {
        assert!(Kind::ALL.into_iter().filter(|kind| kind.is_required()).all(Kind::is_wanted_by_default));
    }
}
