//! Setting an entry aside.

use std::sync::LazyLock;

use bytes::Bytes;
use fred::clients::Pool;
use fred::error::Error;
use fred::interfaces::StreamsInterface as _;
use fred::types::Value;
use fred::types::scripts::Script;

use crate::topology::{TO_FIELD, dead_letter_stream};
use crate::{Entry, EntryId, entry};

/// More dead letters than this are cut off at the old end.
const MOST: u32 = 100_000;

/// The most fields of an original that are kept. A Lua script has room for 8,000 values in one call.
const MOST_FIELDS: usize = 1_000;

/// Adds to the dead letters and acknowledges in one step: a crash in between would do one without the other.
static BURY: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local fields = {}
         for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
         redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(fields))
         return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])",
    )
});

/// Moves the entry with this id to the dead letters of its stream and acknowledges it, for a reader that did not keep it. An
/// entry that is gone leaves nothing. `reason` is a short word for metrics, `error` what an operator reads.
pub async fn set_aside(
    pool: &Pool,
    stream: &str,
    group: &str,
    id: EntryId,
    reason: &str,
    error: &str,
) -> Result<(), Error> {
    let found: Value = pool.xrange(stream, id.to_string(), id.to_string(), Some(1)).await?;
    let pending: Vec<(String, String, u64, u64)> = pool.xpending(stream, group, (id, id, 1)).await?;
    let attempts = pending.first().map_or(0, |(_, _, _, deliveries)| *deliveries);
    for entry in entry::of_list(found)? {
        bury(pool, stream, group, &entry, reason, error, attempts).await?;
        metrics::counter!("stream_dead_letters_total", "stream" => stream.to_owned(), "group" => group.to_owned(), "reason" => reason.to_owned())
            .increment(1);
        tracing::error!(stream, group, entry = %id, reason, error, attempts, "dead letter");
    }
    Ok(())
}

/// Moves `entry` to the dead letters of `stream`. Of an absurd number of fields, which no script could pass on, the first stay.
pub(crate) async fn bury(
    pool: &Pool,
    stream: &str,
    group: &str,
    entry: &Entry,
    reason: &str,
    error: &str,
    attempts: u64,
) -> Result<(), Error> {
    let id = entry.id.to_string();
    let mut args: Vec<Value> = vec![group.into(), id.clone().into(), MOST.into()];
    let attempts = attempts.to_string();
    let about = [("reason", reason), ("error", error), ("attempts", &attempts), ("group", group)];
    for (name, value) in about.into_iter().chain([("stream", stream), ("entry", id.as_str())]) {
        args.extend([name.into(), Value::Bytes(Bytes::copy_from_slice(value.as_bytes()))]);
    }
    // What was redriven and died again may be redriven again: its address is not part of the original.
    for (name, value) in entry.fields.iter().filter(|(name, _)| name != TO_FIELD.as_bytes()).take(MOST_FIELDS) {
        args.extend([Value::Bytes(name.clone()), Value::Bytes(value.clone())]);
    }
    BURY.evalsha_with_reload(pool.next(), vec![stream.to_owned(), dead_letter_stream(stream)], args).await
}
