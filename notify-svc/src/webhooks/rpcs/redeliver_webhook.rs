//! Sends a delivery once more.

use curtail_proto::notify::v1::{RedeliverWebhookRequest, RedeliverWebhookResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::deliveries;

pub(super) async fn handle(
    app: &App,
    request: Request<RedeliverWebhookRequest>,
) -> Result<RedeliverWebhookResponse, Error> {
    let (delivery, webhook) =
        access::delivery(app, curtail_rpc::user(&request)?, request.get_ref().delivery_id).await?;
    if !webhook.enabled {
        return Err(refusal::disabled());
    }
    deliveries::ask_again(&app.pool, delivery.id, app.clock.now()).await.map_err(refusal::store)?;
    let delivery = deliveries::find(&app.pool, delivery.id).await.map_err(refusal::store)?;
    let messages = deliveries::messages(&app.pool, delivery.into_iter().collect()).await.map_err(refusal::store)?;
    app.due.notify_one();
    Ok(RedeliverWebhookResponse { delivery: messages.into_iter().next() })
}
