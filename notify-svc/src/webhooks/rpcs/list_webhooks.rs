//! All webhooks of a workspace.

use curtail_proto::notify::v1::{ListWebhooksRequest, ListWebhooksResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::access;
use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::webhooks;

pub(super) async fn handle(app: &App, request: Request<ListWebhooksRequest>) -> Result<ListWebhooksResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    access::admin(curtail_rpc::user(&request)?, workspace)?;
    let webhooks = webhooks::list(&app.pool, workspace).await.map_err(refusal::store)?;
    Ok(ListWebhooksResponse { webhooks: webhooks.into_iter().map(Into::into).collect() })
}
