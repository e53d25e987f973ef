//! Writing what became of tries.

use curtail_proto::notify::v1::DisabledReason;
use rand::Rng;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use super::{state, webhooks};
use crate::webhooks::notice;
use crate::webhooks::sender::outcome::{Next, Tried};
use crate::webhooks::webhook::Webhook;

/// Writes tries, what follows for their deliveries and for their webhooks, all or nothing. Tells which webhooks were
/// disabled for it; their makers are told. `disable_before`: who has failed since then is disabled.
pub async fn all(
    pool: &PgPool,
    tried: &[Tried],
    disable_before: OffsetDateTime,
    now: OffsetDateTime,
    rng: &mut impl Rng,
) -> Result<Vec<Webhook>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    attempts(&mut tx, tried).await?;
    deliveries(&mut tx, tried).await?;
    let disabled = health(&mut tx, tried, disable_before, now).await?;
    let notices: Vec<_> = disabled.iter().map(|webhook| notice::disabled(webhook, now, rng)).collect();
    curtail_db::outbox::append_all(&mut tx, notice::STREAM, &notices).await?;
    tx.commit().await?;
    Ok(disabled)
}

async fn attempts(connection: &mut PgConnection, tried: &[Tried]) -> Result<(), sqlx::Error> {
    // The number is there already when two senders had the delivery, because the first one took too long. The delivery may
    // also be gone with its webhook.
    sqlx::query(
        "INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error, answer) \
         SELECT t.* FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::int[], $5::smallint[], $6::text[], \
             $7::text[]) AS t (id, number, at, ms, status, error, answer) \
         WHERE EXISTS (SELECT FROM webhook_deliveries d WHERE d.id = t.id) \
         ON CONFLICT (delivery_id, number) DO NOTHING",
    )
    .bind(column(tried, |one| one.delivery_id))
    .bind(column(tried, |one| one.number))
    .bind(column(tried, |one| one.at))
    .bind(column(tried, |one| i32::try_from(one.took.as_millis()).unwrap_or(i32::MAX)))
    .bind(column(tried, |one| one.status))
    .bind(column(tried, |one| one.error.clone()))
    .bind(column(tried, |one| one.answer.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn deliveries(connection: &mut PgConnection, tried: &[Tried]) -> Result<(), sqlx::Error> {
    // What another sender has finished meanwhile stays finished.
    sqlx::query(
        "UPDATE webhook_deliveries d SET state = t.state, due_at = coalesce(t.due_at, d.due_at), \
             attempts = greatest(d.attempts, t.number), round_attempts = d.round_attempts + 1 \
         FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::int[]) AS t (id, state, due_at, number) \
         WHERE d.id = t.id AND d.state = $5",
    )
    .bind(column(tried, |one| one.delivery_id))
    .bind(column(tried, |one| match one.next {
        Next::Done => state::DELIVERED,
        Next::Again(_) => state::PENDING,
        Next::GiveUp | Next::Gone => state::FAILED,
    }))
    .bind(column(tried, |one| if let Next::Again(at) = one.next { Some(at) } else { None }))
    .bind(column(tried, |one| one.number))
    .bind(state::PENDING)
    .execute(connection)
    .await?;
    Ok(())
}

async fn health(
    connection: &mut PgConnection,
    tried: &[Tried],
    disable_before: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Vec<Webhook>, sqlx::Error> {
    let ids = |wanted: fn(&Next) -> bool| {
        let mut ids: Vec<i64> = tried.iter().filter(|one| wanted(&one.next)).map(|one| one.webhook_id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let (well, gone) = (ids(|next| matches!(next, Next::Done)), ids(|next| matches!(next, Next::Gone)));
    let mut failing = ids(|next| !matches!(next, Next::Done));
    failing.retain(|id| !well.contains(id));
    // The conditions keep the row of a busy webhook from being written with each of its deliveries.
    sqlx::query("UPDATE webhooks SET failing_since = NULL WHERE id = ANY($1) AND failing_since IS NOT NULL")
        .bind(&well)
        .execute(&mut *connection)
        .await?;
    if failing.is_empty() && gone.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query("UPDATE webhooks SET failing_since = $2 WHERE id = ANY($1) AND failing_since IS NULL")
        .bind(&failing)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    let reason = |reason: DisabledReason| reason as i16;
    let mut disabled = webhooks::disable(connection, &gone, reason(DisabledReason::Gone), None, now).await?;
    let since = Some(disable_before);
    disabled.extend(webhooks::disable(connection, &failing, reason(DisabledReason::Failing), since, now).await?);
    Ok(disabled)
}

fn column<T>(tried: &[Tried], value: impl Fn(&Tried) -> T) -> Vec<T> {
    tried.iter().map(value).collect()
}
