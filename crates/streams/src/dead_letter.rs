//! Dead-letter streams: entries that could not be handled, kept for a person to look at.

use std::sync::LazyLock;

use bytes::Bytes;
use fred::clients::Pool;
use fred::error::Error;
use fred::types::Value;
use fred::types::scripts::Script;

use crate::Entry;

/// More dead letters than this are cut off at the old end.
const MOST: u32 = 100_000;

/// Adds to the dead letters and acknowledges in one step: a crash in between would do one without the other.
static BURY: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local fields = {}
         for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
         redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(fields))
         return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])",
    )
});

/// The stream that takes what could not be handled of `stream`.
///
/// Its entries have the fields of the original and, before them, `reason` (a word: `poison`, `deliveries`,
/// `undecodable`), `error` (a sentence), `attempts`, `group`, `stream` and `entry` (the original's id).
pub fn dead_letter_stream(stream: &str) -> String {
    format!("{stream}:dlq")
}

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
    for (name, value) in &entry.fields {
        args.extend([Value::Bytes(name.clone()), Value::Bytes(value.clone())]);
    }
    BURY.evalsha_with_reload(pool.next(), vec![stream.to_owned(), dead_letter_stream(stream)], args).await
}
