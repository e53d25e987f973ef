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

/// A type of event that a webhook can subscribe to.
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
    /// `link.expired`: `expiresAt` has passed or `maxClicks` is reached.
    LinkExpired,
    /// `link.expiring`: the link expires soon.
    LinkExpiring,
    /// `link.disabled`
    LinkDisabled,
    /// `alert.spike`: a link gets far more clicks than usual.
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

/// Why a webhook is disabled.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDisabledReason {
    /// By a member.
    Manual,
    /// The receiver answered 410 Gone.
    Gone,
    /// All deliveries failed for days.
    Failing,
}

mirror!(WebhookDisabledReason, pb::DisabledReason, Manual, [Manual, Gone, Failing]);

/// A webhook: an endpoint that gets the events of a workspace, as POST requests signed according to Standard Webhooks.
#[derive(SimpleObject, Debug, Clone)]
pub struct Webhook {
    /// Opaque identifier.
    pub id: ID,
    /// The workspace of the events.
    pub workspace_id: ID,
    /// The URL of the endpoint.
    pub url: String,
    /// Description, for the members.
    pub description: String,
    /// The types of events it gets.
    pub events: Vec<WebhookEvent>,
    /// Whether the webhook is enabled.
    pub enabled: bool,
    /// Why it is disabled; null if it is enabled.
    pub disabled_reason: Option<WebhookDisabledReason>,
    /// When it was disabled.
    pub disabled_at: Option<OffsetDateTime>,
    /// The first failure after the last success; null if the last delivery succeeded.
    pub failing_since: Option<OffsetDateTime>,
    /// Until when deliveries are also signed with the previous secret.
    pub previous_secret_until: Option<OffsetDateTime>,
    /// When it was created.
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

/// The state of a delivery.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDeliveryState {
    /// Waiting for its next attempt.
    Pending,
    /// Delivered.
    Delivered,
    /// Failed after the last attempt.
    Failed,
}

mirror!(WebhookDeliveryState, pb::DeliveryState, Pending, [Pending, Delivered, Failed]);

/// The delivery of one event to one webhook.
#[derive(SimpleObject, Debug)]
pub struct WebhookDelivery {
    /// Opaque identifier.
    pub id: ID,
    /// The webhook.
    pub webhook_id: ID,
    /// The header `webhook-id`; the same on every attempt.
    pub message_id: String,
    /// The type of the event, for example `link.created`.
    pub event_type: String,
    /// The body, as it is signed and sent.
    pub body: String,
    /// The state of the delivery.
    pub state: WebhookDeliveryState,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// The time of the next attempt; null after the last one.
    pub due_at: Option<OffsetDateTime>,
    /// The last attempts, at most 20, oldest first.
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

/// One attempt of a delivery.
#[derive(SimpleObject, Debug)]
pub struct WebhookAttempt {
    /// Number of the attempt, from 1.
    pub number: u32,
    /// When it started.
    pub at: Option<OffsetDateTime>,
    /// HTTP status of the response; null if there was none.
    pub status: Option<u32>,
    /// Duration in milliseconds.
    pub duration_ms: u32,
    /// Why there was no response.
    pub error: Option<String>,
    /// The first 1,024 bytes of the response.
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
    let answer = page.answer(ctx.data::<Upstreams>()?.webhooks.clone().list_webhook_deliveries(request).await)?;
    let entries = answer.entries.into_iter().filter_map(|entry| Some((entry.cursor, entry.delivery?.into())));
    Ok(connection(&page, answer.has_more, entries))
}
