//! The RPCs of `curtail.notify.v1.WebhookService`, one file each.

mod access;
mod create_webhook;
mod cursor;
mod delete_webhook;
mod list_webhook_deliveries;
mod list_webhooks;
mod redeliver_webhook;
mod rotate_webhook_secret;
mod test_webhook;
mod update_webhook;

use curtail_proto::notify::v1::webhook_service_server::{WebhookService, WebhookServiceServer};
use curtail_proto::notify::v1::*;
use tonic::{Request, Response, Status};

use super::app::App;

/// The service on the wire.
pub struct Service {
    app: App,
}

impl Service {
    /// Serves `app`.
    pub fn server(app: App) -> WebhookServiceServer<Self> {
        WebhookServiceServer::new(Self { app })
    }
}

/// Hands each RPC to its file.
macro_rules! rpcs {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl WebhookService for Service {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                $name::handle(&self.app, request).await.map(Response::new).map_err(Status::from)
            })*
        }
    };
}

rpcs! {
    list_webhooks(ListWebhooksRequest) -> ListWebhooksResponse;
    create_webhook(CreateWebhookRequest) -> CreateWebhookResponse;
    update_webhook(UpdateWebhookRequest) -> UpdateWebhookResponse;
    delete_webhook(DeleteWebhookRequest) -> DeleteWebhookResponse;
    rotate_webhook_secret(RotateWebhookSecretRequest) -> RotateWebhookSecretResponse;
    test_webhook(TestWebhookRequest) -> TestWebhookResponse;
    list_webhook_deliveries(ListWebhookDeliveriesRequest) -> ListWebhookDeliveriesResponse;
    redeliver_webhook(RedeliverWebhookRequest) -> RedeliverWebhookResponse;
}
