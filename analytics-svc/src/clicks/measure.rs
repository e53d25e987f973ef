//! The numbers an operator watches.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::StreamsInterface as _;
use metrics::{counter, gauge, histogram};

use super::batch::Batch;
use super::entries::GROUP;

/// A batch that is counted.
pub fn counted(shard: i32, batch: &Batch, took: Duration, now_ms: i64) {
    let shard = shard.to_string();
    counter!("analytics_clicks_counted_total", "shard" => shard.clone()).increment(batch.rows);
    counter!("analytics_clicks_duplicate_total", "shard" => shard.clone()).increment(batch.duplicates);
    let lost = batch.advances.iter().map(|advance| advance.lost).sum();
    for (reason, clicks) in [("lost", lost), ("invalid", batch.invalid), ("expired", batch.expired)] {
        counter!("analytics_clicks_dropped_total", "reason" => reason).increment(clicks);
    }
    counter!("analytics_replays_asked_total", "shard" => shard.clone()).increment(batch.gaps.len() as u64);
    counter!("analytics_dead_letters_total", "shard" => shard.clone()).increment(batch.poison.len() as u64);
    if batch.rows > 0 {
        histogram!("analytics_commit_seconds").record(took.as_secs_f64());
        histogram!("analytics_batch_clicks").record(batch.rows as f64);
    }
    // Redis makes the ids of entries from its clock.
    if let Some(sent_ms) =
        batch.acknowledge.first().and_then(|id| id.split('-').next()).and_then(|ms| ms.parse::<i64>().ok())
    {
        gauge!("analytics_lag_seconds", "shard" => shard).set((now_ms - sent_ms).max(0) as f64 / 1000.0);
    }
}

/// Whether this process owns the shard.
pub fn owner(shard: i32, owns: bool) {
    gauge!("analytics_shard_owner", "shard" => shard.to_string()).set(f64::from(u8::from(owns)));
}

/// How many entries wait, read or unread.
pub async fn waiting(client: &Client, shard: i32, stream: &str) -> Result<(), fred::error::Error> {
    let groups: Vec<std::collections::HashMap<String, fred::types::Value>> = client.xinfo_groups(stream).await?;
    let number = |group: &std::collections::HashMap<String, fred::types::Value>, field| {
        group.get(field).and_then(fred::types::Value::as_i64).unwrap_or(0)
    };
    let ours =
        groups.iter().find(|group| group.get("name").and_then(fred::types::Value::as_string).as_deref() == Some(GROUP));
    if let Some(group) = ours {
        let waiting = number(group, "lag") + number(group, "pending");
        gauge!("analytics_waiting_entries", "shard" => shard.to_string()).set(waiting as f64);
    }
    Ok(())
}
