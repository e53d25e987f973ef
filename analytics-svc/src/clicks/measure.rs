//! The numbers an operator watches.

use std::time::Duration;

use fred::clients::Pool;
use metrics::{counter, gauge, histogram};

use super::batch::Batch;
use super::entries::GROUP;

/// A batch that is counted.
pub fn counted(shard: i32, batch: &Batch, took: Duration, now_ms: i64) {
    let shard = shard.to_string();
    counter!("analytics_clicks_counted_total", "shard" => shard.clone()).increment(batch.rows);
    counter!("analytics_clicks_duplicate_total", "shard" => shard.clone()).increment(batch.duplicates);
    let lost = batch.advances.iter().map(|advance| advance.lost).sum();
    for (reason, clicks) in
        [("lost", lost), ("invalid", batch.invalid), ("expired", batch.expired), ("refused", batch.refused)]
    {
        counter!("analytics_clicks_dropped_total", "reason" => reason).increment(clicks);
    }
    counter!("analytics_replays_asked_total", "shard" => shard.clone()).increment(batch.gaps.len() as u64);
    if batch.rows > 0 {
        histogram!("analytics_commit_seconds").record(took.as_secs_f64());
        histogram!("analytics_batch_clicks").record(batch.rows as f64);
    }
    // Redis makes the ids of entries from its clock.
    if let Some(oldest) = batch.acknowledge.iter().min() {
        let lag_ms = now_ms.saturating_sub_unsigned(oldest.ms).max(0);
        gauge!("analytics_lag_seconds", "shard" => shard).set(lag_ms as f64 / 1000.0);
    }
}

/// Whether this process owns the shard.
pub fn owner(shard: i32, owns: bool) {
    gauge!("analytics_shard_owner", "shard" => shard.to_string()).set(f64::from(u8::from(owns)));
}

/// How many entries wait, read or unread.
pub async fn waiting(redis: &Pool, shard: i32, stream: &str) -> Result<(), fred::error::Error> {
    if let Some(lag) = curtail_streams::lag(redis, stream).await?.into_iter().find(|lag| lag.group == GROUP) {
        let waiting = lag.waiting.unwrap_or(0) + lag.pending;
        gauge!("analytics_waiting_entries", "shard" => shard.to_string()).set(waiting as f64);
    }
    Ok(())
}
