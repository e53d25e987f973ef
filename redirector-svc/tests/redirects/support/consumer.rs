//! What analytics-svc does with clicks, without counting them: it keeps them.

use std::collections::HashMap;

use bytes::Bytes;
use curtail_proto::events::v1::{Click, ClickBatch};
use curtail_testkit::until;
use fred::clients::Pool;
use fred::interfaces::{HashesInterface as _, KeysInterface as _, StreamsInterface as _};
use fred::types::Value;
use prost::Message as _;

use super::PATIENCE;

/// Reads the click streams by the rules of the contract: contiguous for each producer, what was seen is skipped.
pub struct Consumer {
    redis: Pool,
    seen: HashMap<String, u64>,
    /// Whether Redis may have lost something before the producer knows. Then a gap is asked for again, else it is a fault.
    forgetful: bool,
    pub clicks: Vec<Click>,
    /// Clicks of which the producer says that they are lost.
    pub lost: u64,
}

impl Consumer {
    pub fn new(redis: Pool) -> Self {
        Self { redis, seen: HashMap::new(), forgetful: false, clicks: Vec::new(), lost: 0 }
    }

    /// A consumer of a Redis that loses entries.
    pub fn of_a_forgetful(redis: Pool) -> Self {
        Self { forgetful: true, ..Self::new(redis) }
    }

    /// Takes in what is in the streams and deletes it there. False when Redis does not answer.
    pub async fn read(&mut self) -> bool {
        for shard in 0..4 {
            let stream = format!("clicks:{shard}");
            let Ok(entries) =
                self.redis.xrange::<Vec<(String, HashMap<String, Bytes>)>, _, _, _>(&stream, "-", "+", None).await
            else {
                return false;
            };
            for (id, fields) in entries {
                let gap = self.take(ClickBatch::decode(fields["b"].clone()).unwrap());
                if let Some(from) = gap
                    && self.redis.hset::<Value, _, _>("clicks:replay", from).await.is_err()
                {
                    return false;
                }
                if self.redis.xdel::<Value, _, _>(&stream, id).await.is_err() {
                    return false;
                }
            }
        }
        true
    }

    /// The producer and the first click that is missing before this batch, if one is.
    fn take(&mut self, batch: ClickBatch) -> Option<(String, String)> {
        let id = hex(&batch.producer_id);
        let seen = self.seen.entry(id.clone()).or_default();
        if batch.lost_through > *seen {
            self.lost += batch.lost_through - *seen;
            *seen = batch.lost_through;
        }
        if batch.first_seq > *seen + 1 {
            assert!(self.forgetful, "a gap of {id}: {} after {seen}", batch.first_seq);
            return Some((id, (*seen + 1).to_string()));
        }
        for (seq, click) in (batch.first_seq..).zip(batch.clicks) {
            if seq == *seen + 1 {
                self.clicks.push(click);
                *seen = seq;
            }
        }
        None
    }

    /// Says what is counted.
    pub async fn tell(&self) -> bool {
        for (id, seq) in &self.seen {
            if self.redis.hset::<Value, _, _>("clicks:counted", (id.as_str(), seq.to_string())).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Asks all producers for everything from `seq` on and forgets what it had from there.
    pub async fn ask_again(&mut self, seq: u64) {
        for (id, seen) in &mut self.seen {
            self.redis.hset::<Value, _, _>("clicks:replay", (id.as_str(), seq.to_string())).await.unwrap();
            *seen = seq - 1;
        }
        self.clicks.clear();
    }

    /// How many requests for replay are open.
    pub async fn open_replays(&self) -> usize {
        self.redis.hlen("clicks:replay").await.unwrap()
    }

    /// Everything in Redis is gone.
    pub async fn lose_streams(&self) {
        for shard in 0..4 {
            let _: Value = self.redis.del(format!("clicks:{shard}")).await.unwrap();
        }
    }

    /// Reads and counts until there are `count` clicks, and checks that none comes after.
    pub async fn until(&mut self, count: usize) {
        until(
            async || self.read().await && self.tell().await && self.clicks.len() >= count,
            PATIENCE,
            &format!("{count} clicks are counted"),
        )
        .await;
        assert_eq!(self.clicks.len(), count);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
