//! Makes a webhook and tells its secret.

use curtail_proto::notify::v1::{CreateWebhookRequest, CreateWebhookResponse, DisabledReason};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::webhooks;
use crate::webhooks::webhook::{self, Webhook};

pub(super) async fn handle(app: &App, request: Request<CreateWebhookRequest>) -> Result<CreateWebhookResponse, Error> {
    let user = curtail_rpc::user(&request)?.user_id;
    access::admin(curtail_rpc::user(&request)?, request.get_ref().workspace_id)?;
    let webhook = read(app, request.into_inner(), user)?;
    let secret = app.new_secret();
    let sealed = secret.seal(&app.seal_key, webhook.id).map_err(Error::internal)?;
    if !webhooks::insert(&app.pool, &webhook, &sealed).await.map_err(refusal::store)? {
        return Err(refusal::too_many());
    }
    Ok(CreateWebhookResponse { webhook: Some(webhook.into()), secret: secret.text() })
}

fn read(app: &App, request: CreateWebhookRequest, creator_id: i64) -> Result<Webhook, Error> {
    let now = app.clock.now();
    let reason = if request.disabled { DisabledReason::Manual } else { DisabledReason::Unspecified };
    Ok(Webhook {
        url: app.rules.check(&request.url).map_err(refusal::url)?.into(),
        description: webhook::description(&request.description)?,
        events: webhook::events(request.events)?,
        id: app.ids.next().map_err(Error::unavailable)?,
        workspace_id: request.workspace_id,
        creator_id,
        enabled: !request.disabled,
        disabled_reason: reason as i16,
        disabled_at: request.disabled.then_some(now),
        previous_until: None,
        failing_since: None,
        created_at: now,
        updated_at: now,
    })
}
