//! Keeps what the stream `links` says about links: needed for the scopes of a tag and of a domain.

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{Consumer, Outcome};
use sqlx::PgPool;

/// Follows the stream until draining begins.
pub async fn run(consumer: Consumer, pool: PgPool, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: curtail_streams::Delivery| {
        let pool = pool.clone();
        async move {
            match apply(&pool, delivery.envelope).await {
                Ok(()) => Outcome::Done,
                Err(error) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
                Err(error) => Outcome::Failed(error.to_string()),
            }
        }
    };
    consumer.run(handle, shutdown).await
}

/// Stores the link of an event unless a newer version of it is known. Events of other kinds change nothing. A deleted link keeps its
/// clicks, so it stays.
pub async fn apply(pool: &PgPool, envelope: Envelope) -> Result<(), sqlx::Error> {
    let Some(link) = envelope.payload.and_then(Payload::into_snapshot).flatten().and_then(|of| of.link) else {
        return Ok(());
    };
    let tags: Vec<String> = link.tags.into_iter().map(|tag| tag.name).collect();
    sqlx::query(
        "INSERT INTO links AS l (link_id, workspace_id, version, domain, tags) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (link_id) DO UPDATE SET workspace_id = excluded.workspace_id, version = excluded.version, \
             domain = excluded.domain, tags = excluded.tags \
         WHERE l.version < excluded.version",
    )
    .bind(link.id)
    .bind(link.workspace_id)
    .bind(link.version)
    .bind(link.domain)
    .bind(tags)
    .execute(pool)
    .await?;
    Ok(())
}
