//! Events on their way from a transaction to a stream.
//!
//! A service calls [`append`] in the transaction of the change; the relay of the crate `curtail-streams` publishes. The table
//! is in the schema of the service, its definition in `sql/outbox.sql`. All statements on it are here. A statement that
//! writes an event beside its own rows begins that part with [`insert_into_outbox!`](crate::insert_into_outbox).

use curtail_proto::events::v1::Envelope;
use prost::Message as _;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

/// The beginning of every statement that writes events. A `SELECT` or `VALUES` of event id, stream and payload follows.
#[macro_export]
macro_rules! insert_into_outbox {
    () => {
        "INSERT INTO outbox (event_id, stream, payload) "
    };
}

/// An event that a stream should have.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Order of writing.
    pub seq: i64,
    /// Name of the stream.
    pub stream: String,
    /// The encoded envelope.
    pub payload: Vec<u8>,
    /// Number of the stream entry, once published.
    pub entry: Option<i64>,
}

/// Writes an event. It is published once the transaction of `connection` has committed, and never if it has not.
pub async fn append(connection: &mut PgConnection, stream: &str, envelope: &Envelope) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(crate::insert_into_outbox!(), "VALUES ($1, $2, $3)"))
        .bind(&envelope.event_id)
        .bind(stream)
        .bind(envelope.encode_to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes many events in one round trip, in the order given.
pub async fn append_all(
    connection: &mut PgConnection,
    stream: &str,
    envelopes: &[Envelope],
) -> Result<(), sqlx::Error> {
    let ids: Vec<&[u8]> = envelopes.iter().map(|e| e.event_id.as_slice()).collect();
    let payloads: Vec<Vec<u8>> = envelopes.iter().map(|e| e.encode_to_vec()).collect();
    sqlx::query(concat!(
        crate::insert_into_outbox!(),
        "SELECT e.event_id, $1, e.payload
         FROM unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS e (event_id, payload, place) ORDER BY e.place",
    ))
    .bind(stream)
    .bind(&ids)
    .bind(&payloads)
    .execute(connection)
    .await?;
    Ok(())
}

/// The oldest events that no stream has yet, in order of writing.
pub async fn unpublished(connection: &mut PgConnection, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as("SELECT seq, stream, payload, entry FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT $1")
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// Notes that events were published, each with the number of its stream entry.
pub async fn mark_published(
    connection: &mut PgConnection,
    entries: &[(i64, i64)],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let (seqs, numbers): (Vec<i64>, Vec<i64>) = entries.iter().copied().unzip();
    sqlx::query(
        "UPDATE outbox SET entry = e.entry, published_at = $3
         FROM unnest($1::bigint[], $2::bigint[]) AS e (seq, entry) WHERE outbox.seq = e.seq",
    )
    .bind(&seqs)
    .bind(&numbers)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// The highest published entry of each stream.
pub async fn last_entries(connection: &mut PgConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as("SELECT stream, max(entry) FROM outbox WHERE entry IS NOT NULL GROUP BY stream")
        .fetch_all(connection)
        .await
}

/// Published events of a stream after an entry, to fill a stream that lost them.
pub async fn published_after(
    connection: &mut PgConnection,
    stream: &str,
    entry: i64,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "SELECT seq, stream, payload, entry FROM outbox WHERE stream = $1 AND entry > $2 ORDER BY entry LIMIT $3",
    )
    .bind(stream)
    .bind(entry)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Deletes events that were published before `before`, looking at the `limit` oldest only, so that each call is short.
/// Returns how many went; as many as `limit` means that there may be more.
pub async fn delete_published(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "WITH oldest AS (SELECT seq, published_at FROM outbox ORDER BY seq LIMIT $2)
         DELETE FROM outbox USING oldest WHERE outbox.seq = oldest.seq AND oldest.published_at < $1",
    )
    .bind(before)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Rows that [`forget`] looks at in one statement.
const WINDOW: i64 = 10_000;

/// Deletes the events that `forgotten` picks among those that contain one of `marks`, whether they were published or not:
/// what they say must not be kept. Looks at every row once; may be repeated. Returns how many went.
pub async fn forget(
    connection: &mut PgConnection,
    marks: &[Vec<u8>],
    forgotten: impl Fn(&Envelope) -> bool,
) -> Result<u64, sqlx::Error> {
    let (first, last): (Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT min(seq), max(seq) FROM outbox").fetch_one(&mut *connection).await?;
    let (Some(mut from), Some(last)) = (first, last) else { return Ok(0) };
    let mut gone = 0;
    while from <= last {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, payload FROM outbox WHERE seq >= $1 AND seq < $2
               AND EXISTS (SELECT FROM unnest($3::bytea[]) AS mark WHERE position(mark IN payload) > 0)",
        )
        .bind(from)
        .bind(from + WINDOW)
        .bind(marks)
        .fetch_all(&mut *connection)
        .await?;
        let is_forgotten = |(_, payload): &&(i64, Vec<u8>)| Envelope::decode(&**payload).is_ok_and(|e| forgotten(&e));
        let seqs: Vec<i64> = rows.iter().filter(is_forgotten).map(|(seq, _)| *seq).collect();
        if !seqs.is_empty() {
            let deleted = sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(&seqs);
            gone += deleted.execute(&mut *connection).await?.rows_affected();
        }
        from += WINDOW;
    }
    Ok(gone)
}
