//! What the caller is told by mail and by text message.

use async_graphql::{Context, Enum, Error, InputObject, Object, SimpleObject};
use curtail_proto::notify::v1 as pb;

use super::problem::{UserError, outcome, value};
use super::signed_in;
use crate::upstreams::Upstreams;

/// Why somebody gets a message.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// Prove that the address is yours.
    EmailVerification,
    /// Somebody, hopefully you, forgot the password.
    PasswordReset,
    /// The password was changed.
    PasswordChanged,
    /// Somebody tried to sign up with your address.
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

/// Whether a kind of message is sent.
#[derive(SimpleObject, Debug)]
pub struct NotificationPreference {
    /// The kind.
    pub kind: NotificationKind,
    /// Whether its mail is sent.
    pub email: bool,
    /// Its mail concerns the safety of the account and can not be switched off.
    pub required: bool,
    /// Whether it is sent as a text message too, once the telephone number is confirmed.
    pub sms: bool,
    /// Whether there is a text message of this kind.
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

/// A choice.
#[derive(InputObject)]
pub struct NotificationPreferenceInput {
    /// The kind.
    pub kind: NotificationKind,
    /// Whether its mail is to be sent.
    pub email: bool,
    /// Whether it is to be sent as a text message too; left out, as before.
    pub sms: Option<bool>,
}

/// What became of `updateNotificationPreferences`.
#[derive(SimpleObject, Default)]
pub struct NotificationPreferencesPayload {
    /// All of them as they are now; null when `userErrors` says why nothing was changed.
    pub preferences: Option<Vec<NotificationPreference>>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// What the caller is told, kind by kind.
pub async fn preferences(ctx: &Context<'_>) -> Result<Vec<NotificationPreference>, Error> {
    let request = signed_in(ctx)?.read(pb::GetPreferencesRequest {});
    let answer = value(ctx.data::<Upstreams>()?.notify.clone().get_preferences(request).await)?;
    Ok(answer.preferences.into_iter().map(NotificationPreference::from).collect())
}

/// Mutations of what the caller is told.
#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Switches kinds of messages on or off; kinds that are not named stay as they are. All or nothing, at most 32.
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
