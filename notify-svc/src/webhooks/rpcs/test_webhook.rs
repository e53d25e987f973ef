//! Sends an event of the type `test` to a webhook, whichever events it asks for.

use curtail_proto::notify::v1::{TestWebhookRequest, TestWebhookResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::message::Message;
use crate::webhooks::refusal;
use crate::webhooks::store::deliveries;

pub(super) async fn handle(app: &App, request: Request<TestWebhookRequest>) -> Result<TestWebhookResponse, Error> {
    let webhook = access::webhook(app, curtail_rpc::user(&request)?, request.get_ref().webhook_id).await?;
    if !webhook.enabled {
        return Err(refusal::disabled());
    }
    let id = app.ids.next().map_err(Error::unavailable)?;
    let now = app.clock.now();
    let message = Message::test(app.new_event_id(), webhook.workspace_id, webhook.id, now);
    deliveries::insert(&app.pool, &[id], &[webhook.id], &message, now).await.map_err(refusal::store)?;
    let delivery = deliveries::find(&app.pool, id).await.map_err(refusal::store)?;
    app.due.notify_one();
    Ok(TestWebhookResponse { delivery: delivery.map(Into::into) })
}
