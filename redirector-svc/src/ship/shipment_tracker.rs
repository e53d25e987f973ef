//! The delivery state of shipped clicks, in Redis.

use bytes::Bytes;
use curtail_streams::topology::{CLICK_BATCH_FIELD, CLICKS_COUNTED, CLICKS_REPLAY};
use fred::clients::Pool;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{HashesInterface as _, LuaInterface as _, StreamsInterface as _};
use fred::types::Value;

use crate::spool::ProducerId;

/// Deletes a request for replay unless a newer one took its place.
const CLEAR_REPLAY: &str =
    "if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0";

/// How far analytics-svc is with some producers.
#[derive(Debug)]
pub struct ProgressReport {
    /// Changes when the server was started again, and with it possibly lost the newest entries.
    pub run_id: String,
    /// In the order of the request.
    pub producers: Vec<ProducerProgress>,
}

/// How far analytics-svc is with one producer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerProgress {
    /// The last counted click.
    pub counted: Option<u64>,
    /// The click from which everything is to be sent again.
    pub replay: Option<u64>,
}

/// The delivery state of an entry that is not counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It has not been processed.
    Waiting,
    /// It is missing, or every consumer has processed it.
    Gone,
}

/// The Redis of the click streams.
#[derive(Clone)]
pub struct ShipmentTracker {
    redis: Pool,
}

impl ShipmentTracker {
    /// On an existing connection pool.
    pub fn new(redis: Pool) -> Self {
        Self { redis }
    }

    /// What is counted of `ids`, and by which run of the server.
    pub async fn report(&self, ids: &[ProducerId]) -> Result<ProgressReport, Error> {
        let run_id = curtail_streams::server_run_id(&self.redis).await?;
        let fields: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let counted: Vec<Option<u64>> = self.redis.hmget(CLICKS_COUNTED, fields.clone()).await?;
        let replay: Vec<Option<u64>> = self.redis.hmget(CLICKS_REPLAY, fields).await?;
        let producers =
            counted.into_iter().zip(replay).map(|(counted, replay)| ProducerProgress { counted, replay }).collect();
        Ok(ProgressReport { run_id, producers })
    }

    /// Clears the request of `id` for replay from `seq`.
    pub async fn clear_replay(&self, id: ProducerId, seq: u64) -> Result<(), Error> {
        self.redis.eval(CLEAR_REPLAY, vec![CLICKS_REPLAY], vec![id.to_string(), seq.to_string()]).await
    }

    /// Adds an encoded `ClickBatch` to `stream` and gives the entry's id.
    pub async fn send(&self, stream: &str, batch: Bytes) -> Result<String, Error> {
        self.redis.xadd(stream, false, None::<()>, "*", vec![(CLICK_BATCH_FIELD, Value::Bytes(batch))]).await
    }

    /// Looks for the entry `id` of `stream`.
    pub async fn delivery_state(&self, stream: &str, id: &str) -> Result<DeliveryState, Error> {
        let found: Value = self.redis.xrange(stream, id, id, Some(1)).await?;
        if found.is_null() || found.array_len() == Some(0) {
            return Ok(DeliveryState::Gone);
        }
        let groups: Vec<std::collections::HashMap<String, Value>> = match self.redis.xinfo_groups(stream).await {
            Ok(groups) => groups,
            Err(error) if *error.kind() == ErrorKind::Timeout => return Err(error),
            Err(_) => return Ok(DeliveryState::Waiting),
        };
        let done = |group: &std::collections::HashMap<String, Value>| {
            let delivered = group.get("last-delivered-id").and_then(Value::as_string).unwrap_or_default();
            group.get("pending").and_then(Value::as_u64) == Some(0) && position(&delivered) >= position(id)
        };
        Ok(if !groups.is_empty() && groups.iter().all(done) { DeliveryState::Gone } else { DeliveryState::Waiting })
    }
}

/// `ms-seq` as numbers that compare.
fn position(id: &str) -> (u64, u64) {
    let (ms, seq) = id.split_once('-').unwrap_or((id, "0"));
    (ms.parse().unwrap_or(0), seq.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_ids_compare_as_numbers() {
        assert!(position("10-0") > position("9-99"));
        assert!(position("9-10") > position("9-9"));
    }
}
