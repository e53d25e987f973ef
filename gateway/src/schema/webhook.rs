//! Webhooks and their log as clients read them.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, Error, ID, SimpleObject};
use curtail_proto::instant;
use curtail_proto::notify::v1 as pb;
use time::OffsetDateTime;

use super::page::{Page, connection};
use super::problem::value;
use super::scalars::id;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Something that happens in a workspace, as a webhook is told of it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookEvent {
    /// `link.created`
    LinkCreated,
    /// `link.updated`
    LinkUpdated,
    /// `link.deleted`
    LinkDeleted,
    /// `link.restored`
    LinkRestored,
    /// `link.expired`: its time is over or its clicks are used up.
    LinkExpired,
    /// `link.expiring`: its time will be over soon.
    LinkExpiring,
    /// `link.disabled`
    LinkDisabled,
    /// `alert.spike`: a link is clicked far more than it used to be.
    AlertSpike,
}

impl WebhookEvent {
    const ALL: [Self; 8] = [
        Self::LinkCreated,
        Self::LinkUpdated,
        Self::LinkDeleted,
        Self::LinkRestored,
        Self::LinkExpired,
        Self::LinkExpiring,
        Self::LinkDisabled,
        Self::AlertSpike,
    ];

    /// The name in contracts and in the body of a delivery.
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkCreated => "link.created",
            Self::LinkUpdated => "link.updated",
            Self::LinkDeleted => "link.deleted",
            Self::LinkRestored => "link.restored",
            Self::LinkExpired => "link.expired",
            Self::LinkExpiring => "link.expiring",
            Self::LinkDisabled => "link.disabled",
            Self::AlertSpike => "alert.spike",
        }
    }

    /// None for a type that is younger than this schema.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// Why a webhook gets no events.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDisabledReason {
    /// By a member.
    Manual,
    /// The receiver answered 410 Gone.
    Gone,
    /// Nothing but failures for days.
    Failing,
}

mirror!(WebhookDisabledReason, pb::DisabledReason, Manual, [Manual, Gone, Failing]);

/// Where the events of a workspace are sent, as POSTs signed by Standard Webhooks.
#[derive(SimpleObject, Debug, Clone)]
pub struct Webhook {
    /// Opaque.
    pub id: ID,
    /// Whose events.
    pub workspace_id: ID,
    /// Where to.
    pub url: String,
    /// For the members.
    pub description: String,
    /// Which events it gets.
    pub events: Vec<WebhookEvent>,
    /// Whether it gets events.
    pub enabled: bool,
    /// Why not, when it does not.
    pub disabled_reason: Option<WebhookDisabledReason>,
    /// Since when it does not.
    pub disabled_at: Option<OffsetDateTime>,
    /// The first failure after the last success; null while all is well.
    pub failing_since: Option<OffsetDateTime>,
    /// Until when the secret before the present one signs too.
    pub previous_secret_until: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: Option<OffsetDateTime>,
    /// When a member last changed it.
    pub updated_at: Option<OffsetDateTime>,
}

impl From<pb::Webhook> for Webhook {
    fn from(webhook: pb::Webhook) -> Self {
        Self {
            id: id(webhook.id),
            workspace_id: id(webhook.workspace_id),
            disabled_reason: (!webhook.enabled).then(|| webhook.disabled_reason().into()),
            events: webhook.events.iter().filter_map(|name| WebhookEvent::parse(name)).collect(),
            url: webhook.url,
            description: webhook.description,
            enabled: webhook.enabled,
            disabled_at: instant(webhook.disabled_at),
            failing_since: instant(webhook.failing_since),
            previous_secret_until: instant(webhook.previous_secret_until),
            created_at: instant(webhook.created_at),
            updated_at: instant(webhook.updated_at),
        }
    }
}

/// What has become of a delivery.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDeliveryState {
    /// Still to be tried.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up after the last try.
    Failed,
}

mirror!(WebhookDeliveryState, pb::DeliveryState, Pending, [Pending, Delivered, Failed]);

/// One event on its way to one webhook.
#[derive(SimpleObject, Debug)]
pub struct WebhookDelivery {
    /// Opaque.
    pub id: ID,
    /// To which webhook.
    pub webhook_id: ID,
    /// The header `webhook-id`; the same on every try.
    pub message_id: String,
    /// The type of the event, for example `link.created`.
    pub event_type: String,
    /// The body, as it is signed and sent.
    pub body: String,
    /// What has become of it.
    pub state: WebhookDeliveryState,
    /// When it was written.
    pub created_at: Option<OffsetDateTime>,
    /// When it is tried next; null when it is finished.
    pub due_at: Option<OffsetDateTime>,
    /// The last tries, at most 20, in the order in which they happened.
    pub attempts: Vec<WebhookAttempt>,
}

impl From<pb::WebhookDelivery> for WebhookDelivery {
    fn from(delivery: pb::WebhookDelivery) -> Self {
        Self {
            id: id(delivery.id),
            webhook_id: id(delivery.webhook_id),
            state: delivery.state().into(),
            message_id: delivery.message_id,
            event_type: delivery.event_type,
            body: delivery.body,
            created_at: instant(delivery.created_at),
            due_at: instant(delivery.due_at),
            attempts: delivery.attempts.into_iter().map(WebhookAttempt::from).collect(),
        }
    }
}

/// One try of a delivery.
#[derive(SimpleObject, Debug)]
pub struct WebhookAttempt {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Option<OffsetDateTime>,
    /// Status of the answer; null when there was none.
    pub status: Option<u32>,
    /// How long it took.
    pub duration_ms: u32,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The first 1,024 bytes of the answer.
    pub answer: String,
}

impl From<pb::WebhookAttempt> for WebhookAttempt {
    fn from(attempt: pb::WebhookAttempt) -> Self {
        Self {
            number: attempt.number,
            at: instant(attempt.at),
            status: (attempt.status > 0).then_some(attempt.status),
            duration_ms: attempt.duration_ms,
            error: (!attempt.error.is_empty()).then_some(attempt.error),
            answer: attempt.answer,
        }
    }
}

/// A page of a log.
pub type WebhookDeliveryConnection = Connection<String, WebhookDelivery, EmptyFields, EmptyFields>;

/// The webhooks of a workspace.
///
/// # Errors
/// What the service refused.
pub async fn list(ctx: &Context<'_>, workspace_id: i64) -> Result<Vec<Webhook>, Error> {
    let request = ctx.data::<RequestContext>()?.read(pb::ListWebhooksRequest { workspace_id });
    let answer = value(ctx.data::<Upstreams>()?.webhooks.clone().list_webhooks(request).await)?;
    Ok(answer.webhooks.into_iter().map(Webhook::from).collect())
}

/// A page of the log of a webhook.
///
/// # Errors
/// What the service refused.
pub async fn deliveries(
    ctx: &Context<'_>,
    webhook_id: i64,
    state: Option<WebhookDeliveryState>,
    page: Page,
) -> Result<WebhookDeliveryConnection, Error> {
    let request = ctx.data::<RequestContext>()?.read(pb::ListWebhookDeliveriesRequest {
        webhook_id,
        state: state.map_or(pb::DeliveryState::Unspecified, Into::into).into(),
        limit: page.limit,
        cursor: page.cursor.clone(),
        backwards: page.backwards,
    });
    let answer = value(ctx.data::<Upstreams>()?.webhooks.clone().list_webhook_deliveries(request).await)?;
    let entries = answer.entries.into_iter().filter_map(|entry| Some((entry.cursor, entry.delivery?.into())));
    Ok(connection(&page, answer.has_more, entries))
}
