//! Deletes the dead letters of an account that was erased. Follows the stream `accounts`.

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{Consumer, DeadLetters, Delivery, Erased, Outcome, topology};
use fred::clients::Pool;

/// The consumer group on `accounts`.
pub(crate) const GROUP: &str = topology::group::UPKEEP;

/// Follows the stream until draining begins.
pub(crate) async fn run(accounts: Consumer, redis: Pool, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: Delivery| {
        let redis = redis.clone();
        async move {
            let Some(Payload::AccountErased(event)) = &delivery.envelope.payload else { return Outcome::Done };
            match erase(&redis, &Erased::from(event)).await {
                Ok(()) => Outcome::Done,
                Err(error) if curtail_streams::is_unavailable(&error) => Outcome::Retry(error.to_string()),
                Err(error) => Outcome::Failed(error.to_string()),
            }
        }
    };
    accounts.run(handle, shutdown).await
}

/// Deletes the letters about the account or its workspaces. Idempotent.
async fn erase(redis: &Pool, erased: &Erased) -> Result<(), fred::error::Error> {
    for stream in DeadLetters::streams(redis).await? {
        DeadLetters::of(redis.clone(), &stream).discard_events(|event| erased.concerns(event)).await?;
    }
    Ok(())
}
