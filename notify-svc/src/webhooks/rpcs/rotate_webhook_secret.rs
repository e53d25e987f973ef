//! Makes another secret for a webhook. The one before signs beside it for a day, so that a receiver can change over without
//! refusing anything. Rotating twice within the day drops the first one at once.

use curtail_proto::notify::v1::{RotateWebhookSecretRequest, RotateWebhookSecretResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::store::webhooks;
use crate::webhooks::{limits, refusal};

pub(super) async fn handle(
    app: &App,
    request: Request<RotateWebhookSecretRequest>,
) -> Result<RotateWebhookSecretResponse, Error> {
    let webhook = access::webhook(app, curtail_rpc::user(&request)?, request.get_ref().webhook_id).await?;
    let secret = app.new_secret();
    let sealed = secret.seal(&app.seal_key, webhook.id).map_err(Error::internal)?;
    let now = app.clock.now();
    let until = now + time::Duration::hours(limits::OVERLAP_HOURS);
    let rotated = webhooks::rotate(&app.pool, webhook.id, &sealed, until, now).await.map_err(refusal::store)?;
    let webhook = rotated.ok_or_else(refusal::webhook_not_found)?;
    Ok(RotateWebhookSecretResponse { webhook: Some(webhook.into()), secret: secret.text() })
}
