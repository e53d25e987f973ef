//! Removes a webhook.

use curtail_proto::notify::v1::{DeleteWebhookRequest, DeleteWebhookResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::webhooks;

pub(super) async fn handle(app: &App, request: Request<DeleteWebhookRequest>) -> Result<DeleteWebhookResponse, Error> {
    let webhook = access::webhook(app, curtail_rpc::user(&request)?, request.get_ref().webhook_id).await?;
    webhooks::delete(&app.pool, webhook.id).await.map_err(refusal::store)?;
    Ok(DeleteWebhookResponse {})
}
