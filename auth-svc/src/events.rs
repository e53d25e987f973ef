//! Events on the stream `accounts`, written in the transaction that makes them true. Each resource adds its own events.

use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use rand::{CryptoRng, RngExt as _};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The stream of accounts, credentials and keys.
pub(crate) const STREAM: &str = curtail_streams::topology::ACCOUNTS;

/// Writes events of one instant.
#[derive(Debug)]
pub(crate) struct EventWriter<'a, R> {
    pub(crate) conn: &'a mut PgConnection,
    pub(crate) now: OffsetDateTime,
    pub(crate) rng: &'a mut R,
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn append(&mut self, workspace_id: i64, payload: Payload) -> Result<(), sqlx::Error> {
        let envelope = Envelope {
            event_id: self.rng.random::<[u8; 16]>().to_vec(),
            occurred_at: Some(curtail_proto::timestamp(self.now)),
            workspace_id,
            traceparent: curtail_telemetry::current_traceparent().unwrap_or_default(),
            payload: Some(payload),
        };
        curtail_db::outbox::append(self.conn, STREAM, &envelope).await
    }
}
