//! Changes the fields of a webhook that are set.

use curtail_proto::notify::v1::{DisabledReason, UpdateWebhookRequest, UpdateWebhookResponse};
use curtail_rpc::Error;
use time::OffsetDateTime;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::webhooks;
use crate::webhooks::webhook::{self, Webhook};

pub(super) async fn handle(app: &App, request: Request<UpdateWebhookRequest>) -> Result<UpdateWebhookResponse, Error> {
    let mut webhook = access::webhook(app, curtail_rpc::user(&request)?, request.get_ref().webhook_id).await?;
    let change = request.into_inner();
    let now = app.clock.now();
    if let Some(url) = change.url {
        webhook.url = app.rules.check(&url).map_err(refusal::url)?.into();
    }
    if let Some(description) = change.description {
        webhook.description = webhook::description(&description)?;
    }
    if let Some(events) = change.events {
        webhook.events = webhook::events(events.names)?;
    }
    if let Some(enabled) = change.enabled {
        switch(&mut webhook, enabled, now);
    }
    webhook.updated_at = now;
    webhooks::update(&app.pool, &webhook).await.map_err(refusal::store)?;
    // What waited while it was disabled may be due.
    app.due.notify_one();
    Ok(UpdateWebhookResponse { webhook: Some(webhook.into()) })
}

/// One that is enabled again starts without a past; one that was disabled keeps the reason it had.
fn switch(webhook: &mut Webhook, enabled: bool, now: OffsetDateTime) {
    if webhook.enabled == enabled {
        return;
    }
    let reason = if enabled { DisabledReason::Unspecified } else { DisabledReason::Manual };
    webhook.enabled = enabled;
    webhook.disabled_reason = reason as i16;
    webhook.disabled_at = (!enabled).then_some(now);
    webhook.failing_since = None;
}
