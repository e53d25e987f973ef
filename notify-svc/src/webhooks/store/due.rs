//! Taking what is due.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::state;
use crate::webhooks::sender::lanes::Rooms;

/// A delivery to be tried, with what is needed for it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    /// The delivery.
    pub id: i64,
    /// To whom.
    pub webhook_id: i64,
    /// Which event.
    pub event_id: Vec<u8>,
    /// What is sent.
    pub body: String,
    /// Tries before this one, in all.
    pub attempts: i32,
    /// Tries before this one, since it was last asked for.
    pub round_attempts: i32,
    /// Where to.
    pub url: String,
    /// The present secret, sealed.
    pub secret: String,
    /// The one before, sealed.
    pub previous_secret: Option<String>,
    /// Until when that one signs.
    pub previous_until: Option<OffsetDateTime>,
}

/// Takes what is due at `now`, the longest overdue first, within the rooms. No one else takes it before `until`.
///
/// The webhooks that wait for something are found by stepping through the index from one to the next, so that the backlog
/// of one costs the others nothing.
pub async fn take(
    pool: &PgPool,
    rooms: &Rooms,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as(
        "WITH RECURSIVE waiting (webhook_id) AS ( \
             (SELECT webhook_id FROM webhook_deliveries WHERE state = 1 ORDER BY webhook_id LIMIT 1) \
             UNION ALL \
             SELECT (SELECT d.webhook_id FROM webhook_deliveries d WHERE d.state = 1 AND d.webhook_id > w.webhook_id \
                     ORDER BY d.webhook_id LIMIT 1) \
             FROM waiting w WHERE w.webhook_id IS NOT NULL \
         ), taken AS ( \
             SELECT d.id FROM waiting JOIN webhooks w ON w.id = waiting.webhook_id AND w.enabled \
             LEFT JOIN unnest($1::bigint[], $2::bigint[]) AS own (webhook_id, room) ON own.webhook_id = w.id \
             CROSS JOIN LATERAL ( \
                 SELECT id, due_at FROM webhook_deliveries \
                 WHERE webhook_id = w.id AND state = 1 AND due_at <= $4 \
                 ORDER BY due_at LIMIT coalesce(own.room, $3) FOR UPDATE SKIP LOCKED) d \
             ORDER BY d.due_at LIMIT $5 \
         ) \
         UPDATE webhook_deliveries d SET due_at = $6 FROM taken, webhooks w \
         WHERE d.id = taken.id AND d.state = $7 AND w.id = d.webhook_id \
         RETURNING d.id, d.webhook_id, d.event_id, d.body, d.attempts, d.round_attempts, w.url, w.secret, \
             w.previous_secret, w.previous_until",
    )
    .bind(&rooms.webhooks)
    .bind(&rooms.own)
    .bind(rooms.each)
    .bind(now)
    .bind(rooms.all)
    .bind(until)
    .bind(state::PENDING)
    .fetch_all(pool)
    .await
}
