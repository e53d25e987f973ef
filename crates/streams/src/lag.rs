//! How far the groups of a stream are behind.

use std::collections::HashMap;

use fred::clients::Pool;
use fred::error::Error;
use fred::interfaces::StreamsInterface as _;
use fred::types::Value;

/// How far one group is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The group.
    pub group: String,
    /// Entries that were not handed out yet; `None` when Redis cannot tell (after deletions in the middle).
    pub waiting: Option<u64>,
    /// Entries that were handed out and not acknowledged.
    pub pending: u64,
}

/// The lag of each group of a stream; none when there is no such stream.
pub async fn lag(pool: &Pool, stream: &str) -> Result<Vec<Lag>, Error> {
    let groups: Vec<HashMap<String, Value>> = match pool.xinfo_groups(stream).await {
        Err(error) if error.details().contains("no such key") => return Ok(Vec::new()),
        result => result?,
    };
    let of = |group: &HashMap<String, Value>| Lag {
        group: group.get("name").and_then(Value::as_string).unwrap_or_default(),
        waiting: group.get("lag").and_then(Value::as_u64),
        pending: group.get("pending").and_then(Value::as_u64).unwrap_or_default(),
    };
    Ok(groups.iter().map(of).collect())
}

/// Sets `stream_group_waiting` and `stream_group_pending` for one group.
pub(crate) async fn report(pool: &Pool, stream: &str, group: &str) -> Result<(), Error> {
    for lag in lag(pool, stream).await?.into_iter().filter(|lag| lag.group == group) {
        let labels = [("stream", stream.to_owned()), ("group", lag.group)];
        if let Some(waiting) = lag.waiting {
            metrics::gauge!("stream_group_waiting", &labels).set(waiting as f64);
        }
        metrics::gauge!("stream_group_pending", &labels).set(lag.pending as f64);
    }
    Ok(())
}
