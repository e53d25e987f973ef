//! Deliveries and their tries, as members see them.

use curtail_proto::notify::v1 as pb;
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::state;
use crate::webhooks::message::{Message, message_id};
use crate::webhooks::{instant, limits};

/// A row of `webhook_deliveries`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Delivery {
    /// Snowflake.
    pub id: i64,
    /// To whom.
    pub webhook_id: i64,
    /// Which event.
    pub event_id: Vec<u8>,
    /// Its type.
    pub event_type: String,
    /// What is sent.
    pub body: String,
    /// See [`state`].
    pub state: i16,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When it is tried next.
    pub due_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Attempt {
    delivery_id: i64,
    number: i32,
    at: OffsetDateTime,
    duration_ms: i32,
    status: i16,
    error: String,
    answer: String,
}

const SELECT: &str =
    "SELECT id, webhook_id, event_id, event_type, body, state, created_at, due_at FROM webhook_deliveries";

/// Which part of a log.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Of which webhook.
    pub webhook: i64,
    /// Only in this state.
    pub state: Option<i16>,
    /// The delivery to go on from.
    pub after: Option<i64>,
    /// Towards the newest.
    pub backwards: bool,
    /// How many at most.
    pub rows: i64,
}

/// Writes deliveries of a message, due at once; those that are there already stay as they are.
pub async fn insert(
    pool: &PgPool,
    ids: &[i64],
    webhooks: &[i64],
    message: &Message,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event_type, body, state, created_at, due_at) \
         SELECT n.id, n.webhook_id, $3, $4, $5, $6, $7, $7 FROM unnest($1::bigint[], $2::bigint[]) AS n (id, webhook_id) \
         ON CONFLICT (webhook_id, event_id) DO NOTHING",
    )
    .bind(ids)
    .bind(webhooks)
    .bind(message.event_id.as_slice())
    .bind(message.event.name())
    .bind(&message.body)
    .bind(state::PENDING)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// One of them.
pub async fn find(pool: &PgPool, id: i64) -> Result<Option<Delivery>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" WHERE id = ").push_bind(id);
    query.build_query_as().fetch_optional(pool).await
}

/// A page in the direction walked: backwards, the nearest to the cursor come first.
pub async fn page(pool: &PgPool, page: &Page) -> Result<Vec<Delivery>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" WHERE webhook_id = ").push_bind(page.webhook);
    if let Some(state) = page.state {
        query.push(" AND state = ").push_bind(state);
    }
    let (operator, order) = if page.backwards { (" > ", " ORDER BY id") } else { (" < ", " ORDER BY id DESC") };
    if let Some(id) = page.after {
        query.push(" AND id").push(operator).push_bind(id);
    }
    query.push(order).push(" LIMIT ").push_bind(page.rows);
    query.build_query_as().fetch_all(pool).await
}

/// Makes a delivery due now, with the whole schedule before it again.
pub async fn ask_again(pool: &PgPool, id: i64, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE webhook_deliveries SET state = $2, due_at = $3, round_attempts = 0 WHERE id = $1")
        .bind(id)
        .bind(state::PENDING)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Deliveries with their last tries, as messages in the same order.
pub async fn messages(pool: &PgPool, deliveries: Vec<Delivery>) -> Result<Vec<pb::WebhookDelivery>, sqlx::Error> {
    let ids: Vec<i64> = deliveries.iter().map(|delivery| delivery.id).collect();
    let tries: Vec<Attempt> = sqlx::query_as(
        "SELECT a.* FROM unnest($1::bigint[]) AS d (id), LATERAL ( \
             SELECT delivery_id, number, at, duration_ms, status, error, answer FROM webhook_attempts \
             WHERE delivery_id = d.id ORDER BY number DESC LIMIT $2) a ORDER BY a.delivery_id, a.number",
    )
    .bind(&ids)
    .bind(limits::ATTEMPTS_SHOWN)
    .fetch_all(pool)
    .await?;
    let mut messages: Vec<_> = deliveries.into_iter().map(pb::WebhookDelivery::from).collect();
    for one in tries {
        if let Some(message) = messages.iter_mut().find(|message| message.id == one.delivery_id) {
            message.attempts.push(one.into());
        }
    }
    Ok(messages)
}

impl From<Delivery> for pb::WebhookDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook_id,
            message_id: message_id(&delivery.event_id),
            event_type: delivery.event_type,
            body: delivery.body,
            state: delivery.state.into(),
            created_at: Some(instant::write(delivery.created_at)),
            due_at: (delivery.state == state::PENDING).then(|| instant::write(delivery.due_at)),
            attempts: Vec::new(),
        }
    }
}

impl From<Attempt> for pb::WebhookAttempt {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number.unsigned_abs(),
            at: Some(instant::write(attempt.at)),
            status: attempt.status.unsigned_abs().into(),
            duration_ms: attempt.duration_ms.unsigned_abs(),
            error: attempt.error,
            answer: attempt.answer,
        }
    }
}
