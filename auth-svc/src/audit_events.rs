//! Audit entries of other services. They come from the stream `audit` and go into the one audit log.

use std::sync::Arc;

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::{AuditRecorded, Envelope, envelope::Payload};
use curtail_proto::instant;
use curtail_streams::{Consumer, Delivery, Outcome};
use sqlx::PgPool;

use crate::App;

/// Follows the stream until draining begins.
pub(crate) async fn follow(app: Arc<App>, audit: Consumer, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: Delivery| {
        let app = Arc::clone(&app);
        async move {
            match record(&app.pool, delivery.envelope).await {
                Ok(()) => Outcome::Done,
                Err(error) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
                Err(error) => Outcome::Failed(error.to_string()),
            }
        }
    };
    audit.run(handle, shutdown).await
}

/// Writes an entry. An event that is delivered again finds its entry, by what was done when and to what.
async fn record(pool: &PgPool, envelope: Envelope) -> Result<(), sqlx::Error> {
    let Some(at) = instant(envelope.occurred_at) else { return Ok(()) };
    let Some(Payload::AuditRecorded(entry)) = envelope.payload else { return Ok(()) };
    let AuditRecorded { action, actor_kind, actor_user_id, actor_api_key_id, target_id, before, after } = entry;
    let id = |number: i64| Some(number).filter(|number| *number != 0);
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    sqlx::query(
        "INSERT INTO audit_log (at, workspace_id, actor_kind, actor_user_id, actor_api_key_id, ip_prefix, action, target_id,
                                before, after)
         SELECT $1, $2, $3, $4, $5, '', $6, $7, $8, $9
         WHERE NOT EXISTS (SELECT FROM audit_log WHERE workspace_id = $2 AND at = $1 AND action = $6
           AND target_id IS NOT DISTINCT FROM $7 AND after IS NOT DISTINCT FROM $9)",
    )
    .bind(at)
    .bind(envelope.workspace_id)
    .bind(i16::try_from(actor_kind).unwrap_or_default())
    .bind(id(actor_user_id))
    .bind(id(actor_api_key_id))
    .bind(action)
    .bind(id(target_id))
    .bind(json(&before))
    .bind(json(&after))
    .execute(pool)
    .await?;
    Ok(())
}
