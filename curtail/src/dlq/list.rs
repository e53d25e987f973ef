//! What there is.

use std::collections::BTreeMap;

use anyhow::Context as _;
use curtail_streams::{DeadLetters, EntryId};
use fred::clients::Pool;

use crate::terminal;

/// Counts by stream, group and reason.
pub(super) async fn counts(pool: &Pool) -> anyhow::Result<()> {
    let mut counts: BTreeMap<[String; 3], (u64, EntryId)> = BTreeMap::new();
    for stream in DeadLetters::streams(pool).await.context("Redis")? {
        for head in DeadLetters::of(pool.clone(), &stream).heads().await.context("Redis")? {
            let (count, newest) = counts.entry([stream.clone(), head.group, head.reason]).or_default();
            *count += 1;
            *newest = (*newest).max(head.id);
        }
    }
    if counts.is_empty() {
        terminal::say("There are no dead letters.");
        return Ok(());
    }
    terminal::say(&format!("{:<16} {:<16} {:<12} {:>8}  NEWEST", "STREAM", "GROUP", "REASON", "LETTERS"));
    for ([stream, group, reason], (count, newest)) in counts {
        terminal::say(&format!("{stream:<16} {group:<16} {reason:<12} {count:>8}  {newest}"));
    }
    Ok(())
}

/// Each letter of a stream, the oldest first.
pub(super) async fn letters(letters: &DeadLetters) -> anyhow::Result<()> {
    let heads = letters.heads().await.context("Redis")?;
    if heads.is_empty() {
        terminal::say(&format!("{} has no dead letters.", letters.stream()));
        return Ok(());
    }
    terminal::say(&format!("{:<20} {:<16} {:<12} {:>5} {:>9}  ERROR", "ID", "GROUP", "REASON", "TRIES", "BYTES"));
    for head in heads {
        let (id, error) = (head.id.to_string(), head.error.escape_debug());
        terminal::say(&format!(
            "{id:<20} {:<16} {:<12} {:>5} {:>9}  {error}",
            head.group, head.reason, head.attempts, head.bytes
        ));
    }
    Ok(())
}
