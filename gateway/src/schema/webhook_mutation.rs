//! Making, changing and trying webhooks.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::notify::v1 as pb;
use curtail_proto::notify::v1::update_webhook_request::EventTypes;

use super::problem::{UserError, outcome};
use super::scalars::parse_id;
use super::webhook::{Webhook, WebhookDelivery, WebhookEvent};
use super::{signed_in, workspace_or_default};
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// A new webhook.
#[derive(InputObject, Debug)]
pub struct CreateWebhookInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// https, at most 2,048 bytes, without user name, password and fragment; not in a private network.
    pub url: String,
    /// Full name, at most 200 characters.
    #[graphql(default)]
    pub description: String,
    /// At least one.
    pub events: Vec<WebhookEvent>,
    /// Whether the webhook is enabled from the start.
    #[graphql(default = true)]
    pub enabled: bool,
}

/// Input of `updateWebhook`. Omitted fields stay as they are.
#[derive(InputObject, Debug)]
pub struct UpdateWebhookInput {
    /// The webhook to change.
    pub id: ID,
    /// As for `createWebhook`.
    pub url: Option<String>,
    /// As for `createWebhook`.
    pub description: Option<String>,
    /// At least one.
    pub events: Option<Vec<WebhookEvent>>,
    /// Whether the webhook is enabled. Events that waited meanwhile are sent when it is enabled again.
    pub enabled: Option<bool>,
}

/// Payload of mutations of a webhook.
#[derive(SimpleObject, Debug, Default)]
pub struct WebhookPayload {
    /// The webhook after the mutation; null on failure.
    pub webhook: Option<Webhook>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Payload of `createWebhook` and `rotateWebhookSecret`.
#[derive(SimpleObject, Debug, Default)]
pub struct WebhookSecretPayload {
    /// The webhook after the mutation; null on failure.
    pub webhook: Option<Webhook>,
    /// The signing secret, `whsec_…`. It is returned only once and cannot be read again.
    pub secret: Option<String>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Payload of `deleteWebhook`.
#[derive(SimpleObject, Debug, Default)]
pub struct DeleteWebhookPayload {
    /// The deleted webhook.
    pub deleted_id: Option<ID>,
    /// Why nothing was deleted.
    pub user_errors: Vec<UserError>,
}

/// Payload of mutations that send a delivery.
#[derive(SimpleObject, Debug, Default)]
pub struct WebhookDeliveryPayload {
    /// The delivery; follow its state in `webhookDeliveries`.
    pub delivery: Option<WebhookDelivery>,
    /// Why nothing is sent.
    pub user_errors: Vec<UserError>,
}

/// Mutations of webhooks.
#[derive(Default)]
pub struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Creates a webhook with a secret. Requires the role `ADMIN` in the workspace.
    async fn create_webhook(
        &self,
        ctx: &Context<'_>,
        input: CreateWebhookInput,
    ) -> Result<WebhookSecretPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let message = pb::CreateWebhookRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            url: input.url,
            description: input.description,
            events: names(input.events),
            disabled: !input.enabled,
        };
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().create_webhook(context.write(message)).await;
        Ok(match outcome(answer)? {
            Ok(answer) => secret_payload(answer.webhook, answer.secret),
            Err(error) => WebhookSecretPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Changes, enables or disables a webhook.
    async fn update_webhook(&self, ctx: &Context<'_>, input: UpdateWebhookInput) -> Result<WebhookPayload, Error> {
        let message = pb::UpdateWebhookRequest {
            webhook_id: parse_id(&input.id),
            url: input.url,
            description: input.description,
            events: input.events.map(|events| EventTypes { names: names(events) }),
            enabled: input.enabled,
        };
        let context = signed_in(ctx)?;
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().update_webhook(context.write(message)).await;
        Ok(match outcome(answer)? {
            Ok(answer) => WebhookPayload { webhook: answer.webhook.map(Webhook::from), user_errors: Vec::new() },
            Err(error) => WebhookPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Deletes a webhook and its deliveries.
    async fn delete_webhook(&self, ctx: &Context<'_>, id: ID) -> Result<DeleteWebhookPayload, Error> {
        let message = pb::DeleteWebhookRequest { webhook_id: parse_id(&id) };
        let context = signed_in(ctx)?;
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().delete_webhook(context.write(message)).await;
        Ok(match outcome(answer)? {
            Ok(_) => DeleteWebhookPayload { deleted_id: Some(id), user_errors: Vec::new() },
            Err(error) => DeleteWebhookPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Rotates the secret. For a day, deliveries are also signed with the previous one.
    async fn rotate_webhook_secret(&self, ctx: &Context<'_>, id: ID) -> Result<WebhookSecretPayload, Error> {
        let message = pb::RotateWebhookSecretRequest { webhook_id: parse_id(&id) };
        let context = signed_in(ctx)?;
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().rotate_webhook_secret(context.write(message)).await;
        Ok(match outcome(answer)? {
            Ok(answer) => secret_payload(answer.webhook, answer.secret),
            Err(error) => WebhookSecretPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Sends an event of the type `test`.
    async fn test_webhook(&self, ctx: &Context<'_>, id: ID) -> Result<WebhookDeliveryPayload, Error> {
        let message = pb::TestWebhookRequest { webhook_id: parse_id(&id) };
        let context = signed_in(ctx)?;
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().test_webhook(context.write(message)).await;
        Ok(delivery_payload(outcome(answer)?.map(|answer| answer.delivery)))
    }

    /// Sends a delivery again, with the same id and body.
    async fn redeliver_webhook(&self, ctx: &Context<'_>, delivery_id: ID) -> Result<WebhookDeliveryPayload, Error> {
        let message = pb::RedeliverWebhookRequest { delivery_id: parse_id(&delivery_id) };
        let context = signed_in(ctx)?;
        let answer = ctx.data::<Upstreams>()?.webhooks.clone().redeliver_webhook(context.write(message)).await;
        Ok(delivery_payload(outcome(answer)?.map(|answer| answer.delivery)))
    }
}

fn names(events: Vec<WebhookEvent>) -> Vec<String> {
    events.into_iter().map(|event| event.name().to_owned()).collect()
}

fn secret_payload(webhook: Option<pb::Webhook>, secret: String) -> WebhookSecretPayload {
    WebhookSecretPayload { webhook: webhook.map(Webhook::from), secret: Some(secret), user_errors: Vec::new() }
}

fn delivery_payload(result: Result<Option<pb::WebhookDelivery>, UserError>) -> WebhookDeliveryPayload {
    match result {
        Ok(delivery) => {
            WebhookDeliveryPayload { delivery: delivery.map(WebhookDelivery::from), user_errors: Vec::new() }
        }
        Err(error) => WebhookDeliveryPayload { user_errors: vec![error], ..Default::default() },
    }
}
