//! Telling the maker of a webhook that it was disabled.

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, WebhookDisabled};
use curtail_proto::notify::v1::DisabledReason;
use rand::{Rng, RngExt as _};
use time::OffsetDateTime;

use super::instant;
use super::webhook::Webhook;

/// The stream that notices go to.
pub const STREAM: &str = curtail_streams::topology::ALERTS;

/// The event. It leaves out the query of the URL, in which receivers like to have a secret.
pub fn disabled(webhook: &Webhook, now: OffsetDateTime, rng: &mut impl Rng) -> Envelope {
    let payload = WebhookDisabled {
        webhook_id: webhook.id,
        creator_id: webhook.creator_id,
        url: webhook.url.split('?').next().unwrap_or_default().to_owned(),
        gone: webhook.disabled_reason == DisabledReason::Gone as i16,
    };
    Envelope {
        event_id: rng.random::<[u8; 16]>().to_vec(),
        occurred_at: Some(instant::write(now)),
        workspace_id: webhook.workspace_id,
        traceparent: String::new(),
        payload: Some(Payload::WebhookDisabled(payload)),
    }
}
