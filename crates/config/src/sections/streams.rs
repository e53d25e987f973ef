//! Section `streams`.

use serde::Deserialize;

/// Event and click streams.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streams {
    /// How many click streams there are: clicks:0 and so on. Producers are spread over them.
    pub click_shards: u32,
    /// An entry that was delivered this often without success goes to the dead-letter stream.
    pub max_deliveries: u64,
    /// Entries of a consumer that said nothing for this long are taken over.
    pub claim_idle_ms: u64,
    /// How often streams are cut behind the slowest group.
    pub trim_interval_ms: u64,
    /// How long entries that every group has handled stay for those who follow without a group.
    pub keep_seconds: u64,
    /// How long dead letters are kept.
    pub dead_letter_days: u32,
    /// How long published outbox rows are kept so that a lost Redis can be filled again.
    pub outbox_retention_hours: u64,
}
