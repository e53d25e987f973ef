//! Table `phone_quotas`.

use sqlx::{PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};

/// Notes that a code is asked for and tells when codes were asked for within `window`, this time included, the oldest first. Others
/// who ask for the same subject wait until the transaction ends.
pub async fn note(
    db: impl PgExecutor<'_>,
    subject: &[u8],
    now: OffsetDateTime,
    window: Duration,
) -> Result<Vec<OffsetDateTime>, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO phone_quotas AS q (subject, asked, last_at) VALUES ($1, ARRAY[$2::timestamptz], $2) \
         ON CONFLICT (subject) DO UPDATE SET \
             asked = ARRAY(SELECT at FROM unnest(q.asked) AS at WHERE at > $3 ORDER BY at) || $2::timestamptz, last_at = $2 \
         RETURNING asked",
    )
    .bind(subject)
    .bind(now)
    .bind(now - window)
    .fetch_one(db)
    .await
}

/// Forgets subjects for which nothing was asked since `before`.
pub async fn purge(pool: &PgPool, before: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM phone_quotas WHERE last_at < $1").bind(before).execute(pool).await?;
    Ok(())
}
