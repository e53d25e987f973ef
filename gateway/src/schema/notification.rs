//! The notification preferences of the caller.

use async_graphql::{Context, Enum, Error, InputObject, Object, SimpleObject};
use curtail_proto::notify::v1 as pb;

use super::problem::{UserError, outcome, value};
use super::signed_in;
use crate::upstreams::Upstreams;

/// The kind of a notification.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// Verification of the e-mail address.
    EmailVerification,
    /// Reset of the password.
    PasswordReset,
    /// The password was changed.
    PasswordChanged,
    /// A sign-up with an address that has an account.
    SignupAttempted,
    /// A sign-in from a new device.
    NewDevice,
    /// Too many failed attempts to sign in.
    AccountLocked,
    /// An API key was created by the account.
    ApiKeyCreated,
    /// An invitation to a workspace.
    Invitation,
    /// A link was created.
    LinkCreated,
    /// A link expires soon.
    LinkExpiring,
    /// A link expired.
    LinkExpired,
    /// A link gets far more clicks than usual.
    TrafficSpike,
    /// The weekly report.
    WeeklyReport,
    /// A webhook was disabled.
    WebhookDisabled,
}

mirror!(
    NotificationKind,
    pb::NotificationKind,
    WeeklyReport,
    [
        EmailVerification,
        PasswordReset,
        PasswordChanged,
        SignupAttempted,
        NewDevice,
        AccountLocked,
        ApiKeyCreated,
        Invitation,
        LinkCreated,
        LinkExpiring,
        LinkExpired,
        TrafficSpike,
        WeeklyReport,
        WebhookDisabled,
    ]
);

/// The preferences for one kind of notification.
#[derive(SimpleObject, Debug)]
pub struct NotificationPreference {
    /// The kind.
    pub kind: NotificationKind,
    /// Whether it is sent by mail.
    pub email: bool,
    /// Whether its mail is required for the security of the account and cannot be disabled.
    pub required: bool,
    /// Whether it is also sent as a text message, once the telephone number is confirmed.
    pub sms: bool,
    /// Whether it is available as a text message.
    pub sms_available: bool,
}

impl From<pb::Preference> for NotificationPreference {
    fn from(preference: pb::Preference) -> Self {
        Self {
            kind: preference.kind().into(),
            email: preference.email,
            required: preference.required,
            sms: preference.sms(),
            sms_available: preference.sms_available,
        }
    }
}

/// Input of `updateNotificationPreferences`.
#[derive(InputObject)]
pub struct NotificationPreferenceInput {
    /// The kind.
    pub kind: NotificationKind,
    /// Whether to send it by mail.
    pub email: bool,
    /// Whether to also send it as a text message; unchanged, if omitted.
    pub sms: Option<bool>,
}

/// Payload of `updateNotificationPreferences`.
#[derive(SimpleObject, Default)]
pub struct NotificationPreferencesPayload {
    /// All preferences after the mutation; null on failure.
    pub preferences: Option<Vec<NotificationPreference>>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The notification preferences of the caller, by kind.
pub async fn preferences(ctx: &Context<'_>) -> Result<Vec<NotificationPreference>, Error> {
    let request = signed_in(ctx)?.read(pb::GetPreferencesRequest {});
    let answer = value(ctx.data::<Upstreams>()?.notify.clone().get_preferences(request).await)?;
    Ok(answer.preferences.into_iter().map(NotificationPreference::from).collect())
}

/// Mutations of notification preferences.
#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Enables or disables kinds of notifications; other kinds stay as they are. At most 32, applied atomically.
    async fn update_notification_preferences(
        &self,
        ctx: &Context<'_>,
        preferences: Vec<NotificationPreferenceInput>,
    ) -> Result<NotificationPreferencesPayload, Error> {
        let context = signed_in(ctx)?;
        let preferences = preferences.into_iter().map(|choice| pb::Preference {
            kind: pb::NotificationKind::from(choice.kind).into(),
            email: choice.email,
            sms: choice.sms,
            ..pb::Preference::default()
        });
        let request = context.write(pb::UpdatePreferencesRequest { preferences: preferences.collect() });
        Ok(match outcome(ctx.data::<Upstreams>()?.notify.clone().update_preferences(request).await)? {
            Ok(answer) => NotificationPreferencesPayload {
                preferences: Some(answer.preferences.into_iter().map(NotificationPreference::from).collect()),
                user_errors: Vec::new(),
            },
            Err(error) => NotificationPreferencesPayload { preferences: None, user_errors: vec![error] },
        })
    }
}
