//! Adding entries under ids of our own choice, only behind the entry that is believed to be the last.

use std::sync::LazyLock;

use bytes::Bytes;
use fred::clients::Client;
use fred::error::Error;
use fred::types::Value;
use fred::types::scripts::Script;

use crate::{ENVELOPE_FIELD, EntryId};

/// Compares and adds in one step, so that neither a restart of Redis between two batches nor a second publisher goes
/// unnoticed. Answers with the last id that the stream has given out; when it is not the expected one, nothing was added.
static PUBLISH: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local last = '0-0'
         if redis.call('EXISTS', KEYS[1]) == 1 then
             local info = redis.call('XINFO', 'STREAM', KEYS[1])
             for i = 1, #info, 2 do
                 if info[i] == 'last-generated-id' then last = info[i + 1] end
             end
         end
         if last ~= ARGV[1] then return last end
         for i = 3, #ARGV, 2 do
             last = redis.call('XADD', KEYS[1], ARGV[i], ARGV[2], ARGV[i + 1])
         end
         return last",
    )
});

/// Adds `entries` to the stream if its last id is `expected`, and returns its last id: that of the last entry if they
/// were added, another one if not.
pub(crate) async fn publish(
    client: &Client,
    stream: &str,
    expected: EntryId,
    entries: &[(EntryId, Bytes)],
) -> Result<EntryId, Error> {
    let mut args: Vec<Value> = vec![expected.to_string().into(), ENVELOPE_FIELD.into()];
    for (id, payload) in entries {
        args.extend([id.to_string().into(), Value::Bytes(payload.clone())]);
    }
    let last: String = PUBLISH.evalsha_with_reload(client, stream, args).await?;
    last.parse()
}

/// The last id that a stream has given out, also if that entry is gone; zero when there is no stream.
pub(crate) async fn last_entry(client: &Client, stream: &str) -> Result<EntryId, Error> {
    publish(client, stream, EntryId::ZERO, &[]).await
}
