//! Webhooks are for the admins of their workspace (S18).

use curtail_proto::notify::v1::*;
use curtail_rpc::Code;
use curtail_tokens::{Role, Scope};

use super::kit::*;
use super::receiver::{Receiver, ok};
use crate::world::{World, answer};

/// Who tries.
type Who = (Role, i64, Option<Vec<Scope>>);

/// Tries every call and tells what came of each.
async fn try_all(world: &World, who: &Who, webhook_id: i64, delivery_id: i64) -> Vec<Code> {
    let mut client = client(world);
    let (role, workspace, scopes) = who.clone();
    macro_rules! code {
        ($call:ident, $message:expr) => {
            answer(client.$call(somebody(world, role, workspace, scopes.clone(), $message)).await)
                .map(|_| ())
                .expect_err(stringify!($call))
                .code
        };
    }
    let log = ListWebhookDeliveriesRequest { webhook_id, limit: 10, ..Default::default() };
    vec![
        code!(list_webhooks, ListWebhooksRequest { workspace_id: WORKSPACE }),
        code!(create_webhook, new_webhook("https://hooks.example/", &["link.created"])),
        code!(update_webhook, UpdateWebhookRequest { webhook_id, ..Default::default() }),
        code!(delete_webhook, DeleteWebhookRequest { webhook_id }),
        code!(rotate_webhook_secret, RotateWebhookSecretRequest { webhook_id }),
        code!(test_webhook, TestWebhookRequest { webhook_id }),
        code!(list_webhook_deliveries, log),
        code!(redeliver_webhook, RedeliverWebhookRequest { delivery_id }),
    ]
}

#[tokio::test]
async fn nobody_but_admins_sees_or_changes_webhooks() {
    let world = world().await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    let delivery = tried(&world, webhook.id, 1).await;
    for (who, expected) in [
        ((Role::Editor, WORKSPACE, None), Code::Forbidden),
        ((Role::Viewer, WORKSPACE, None), Code::Forbidden),
        ((Role::Owner, WORKSPACE, Some(vec![Scope::Read, Scope::Write, Scope::Analytics])), Code::Forbidden),
        ((Role::Owner, WORKSPACE + 1, None), Code::NotFound),
    ] {
        assert_eq!(try_all(&world, &who, webhook.id, delivery.id).await, [expected; 8], "{who:?}");
    }
    // What is not there looks the same as what is someone else's.
    let stranger = (Role::Owner, WORKSPACE + 1, None);
    assert_eq!(try_all(&world, &stranger, 1, 1).await, [Code::NotFound; 8]);
    let request = somebody(
        &world,
        Role::Admin,
        WORKSPACE,
        Some(vec![Scope::Admin]),
        ListWebhooksRequest { workspace_id: WORKSPACE },
    );
    assert_eq!(client(&world).list_webhooks(request).await.unwrap().into_inner().webhooks.len(), 1);
    let service = world.request(ListWebhooksRequest { workspace_id: WORKSPACE });
    assert_eq!(answer(client(&world).list_webhooks(service).await).unwrap_err().code, Code::Unauthenticated);
    world.stop().await;
}
