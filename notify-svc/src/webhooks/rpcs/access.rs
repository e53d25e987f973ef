//! Who may see and change webhooks: the admins of the workspace. Viewers may not even see them: URLs often hold a secret of
//! the receiver.

use curtail_rpc::{Code, Error, UserCaller};
use curtail_tokens::{Role, Scope};

use crate::webhooks::app::App;
use crate::webhooks::refusal;
use crate::webhooks::store::deliveries::{self, Delivery};
use crate::webhooks::store::webhooks;
use crate::webhooks::webhook::Webhook;

/// Demands an admin of the workspace.
pub fn admin(user: &UserCaller, workspace: i64) -> Result<(), Error> {
    user.require(workspace, Role::Admin, Scope::Admin).map(|_| ())
}

/// The webhook, if there is one and `user` administers its workspace.
pub async fn webhook(app: &App, user: &UserCaller, id: i64) -> Result<Webhook, Error> {
    let webhook = webhooks::find(&app.pool, id).await.map_err(refusal::store)?;
    let webhook = webhook.ok_or_else(refusal::webhook_not_found)?;
    match admin(user, webhook.workspace_id) {
        Ok(()) => Ok(webhook),
        // Whoever is no member must not learn that it exists (S18).
        Err(error) if error.code == Code::NotFound => Err(refusal::webhook_not_found()),
        Err(error) => Err(error),
    }
}

/// The delivery with its webhook, if there is one and `user` administers the workspace.
pub async fn delivery(app: &App, user: &UserCaller, id: i64) -> Result<(Delivery, Webhook), Error> {
    let delivery = deliveries::find(&app.pool, id).await.map_err(refusal::store)?;
    let delivery = delivery.ok_or_else(refusal::delivery_not_found)?;
    match webhook(app, user, delivery.webhook_id).await {
        Ok(webhook) => Ok((delivery, webhook)),
        Err(error) if error.code == Code::NotFound => Err(refusal::delivery_not_found()),
        Err(error) => Err(error),
    }
}
