//! From the streams to deliveries.

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{Consumer, Delivery, Erased, Outcome};

use super::app::App;
use super::message::Message;
use super::store::{deliveries, webhooks};

/// The consumer group on each stream.
pub(super) const GROUP: &str = curtail_streams::topology::group::WEBHOOKS;

/// Follows a stream until draining begins.
pub(super) async fn run(consumer: Consumer, app: App, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: Delivery| {
        let app = app.clone();
        async move { handle(&app, delivery).await }
    };
    consumer.run(handle, shutdown).await
}

async fn handle(app: &App, delivery: Delivery) -> Outcome {
    let workspace = delivery.envelope.workspace_id;
    if let Some(Payload::AccountErased(erased)) = &delivery.envelope.payload {
        return outcome(erase(app, &Erased::from(erased)).await);
    }
    match Message::of(delivery.envelope) {
        Ok(Some(message)) => fan_out(app, workspace, &message).await,
        Ok(None) => Outcome::Done,
        Err(malformed) => Outcome::Poison(malformed.to_string()),
    }
}

/// Deletes the webhooks of workspaces that have ended, and what was to be told of them.
async fn erase(app: &App, erased: &Erased) -> Result<(), sqlx::Error> {
    webhooks::erase(&app.pool, &erased.workspace_ids).await?;
    let mut conn = app.pool.acquire().await?;
    curtail_db::outbox::forget(&mut conn, &erased.marks(), |envelope| erased.concerns(envelope)).await?;
    Ok(())
}

/// A delivery for each webhook that wants the event. Seeing the event again adds nothing.
async fn fan_out(app: &App, workspace: i64, message: &Message) -> Outcome {
    let wanting = match webhooks::wanting(&app.pool, workspace, message).await {
        Ok(wanting) if wanting.is_empty() => return Outcome::Done,
        Ok(wanting) => wanting,
        Err(error) => return outcome(Err(error)),
    };
    let ids: Result<Vec<i64>, _> = wanting.iter().map(|_| app.ids.next()).collect();
    let ids = match ids {
        Ok(ids) => ids,
        Err(error) => return Outcome::Retry(error.to_string()),
    };
    let written = deliveries::insert(&app.pool, &ids, &wanting, message, app.clock.now()).await;
    app.due.notify_one();
    outcome(written)
}

fn outcome(result: Result<(), sqlx::Error>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}
