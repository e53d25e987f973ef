//! Reads a click stream through its consumer group.
//!
//! All owners of a shard read under one consumer name: what an owner was given and did not acknowledge is pending for its
//! successor, which reads it first.

use std::time::Duration;

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike as _, StreamsInterface as _};
use fred::types::Value;
use fred::types::config::Options;

use super::batch::Entry;

/// The consumer group of this service on every click stream.
pub const GROUP: &str = "analytics";

/// The only consumer in the group.
const CONSUMER: &str = "owner";

/// Bytes that one read aims at; the number of entries is what can be asked for.
const READ_BYTES: usize = 4 << 20;

/// How much longer than its block a read may take.
const READ_GRACE: Duration = Duration::from_secs(1);

/// What to read next.
enum Cursor {
    /// Entries that were given to an owner and not acknowledged, after this id.
    Pending(String),
    /// Entries that nobody was given yet.
    New,
}

/// Reads one stream.
pub struct Reader {
    client: Client,
    stream: String,
    cursor: Cursor,
    /// Mean size of the entries of the last read.
    entry_bytes: usize,
}

impl Reader {
    /// Creates the group when it is missing, and begins with what is pending. The client is used by nobody else, as reads
    /// block.
    pub async fn open(client: Client, stream: String) -> Result<Self, Error> {
        let created: Result<Value, Error> = client.xgroup_create(&stream, GROUP, "0", true).await;
        match created {
            Err(error) if !error.details().starts_with("BUSYGROUP") => Err(error),
            _ => Ok(Self { client, stream, cursor: Cursor::Pending("0".into()), entry_bytes: READ_BYTES / 64 }),
        }
    }

    /// The next entries; none when none came within `block`.
    ///
    /// # Errors
    /// Redis is away or has lost the group (`NOGROUP`): open again.
    pub async fn read(&mut self, block: Duration) -> Result<Vec<Entry>, Error> {
        if let Cursor::Pending(after) = &self.cursor {
            let entries = self.ask(None, after.clone()).await?;
            self.cursor = entries.last().map_or(Cursor::New, |entry| Cursor::Pending(entry.id.clone()));
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
        self.ask(Some(block), ">".to_owned()).await
    }

    /// Reads what is pending once more before anything new.
    pub fn start_over(&mut self) {
        self.cursor = Cursor::Pending("0".into());
    }

    async fn ask(&mut self, block: Option<Duration>, id: String) -> Result<Vec<Entry>, Error> {
        let count = (READ_BYTES / self.entry_bytes.max(1)).clamp(1, 1_000) as u64;
        // A block of 0 would wait for ever.
        let block_ms = block.map(|block| block.as_millis().max(1) as u64);
        let options = Options {
            timeout: Some(block.unwrap_or_default() + READ_GRACE),
            max_attempts: Some(1),
            ..Options::default()
        };
        let client = self.client.with_options(&options);
        let reply: Value =
            client.xreadgroup(GROUP, CONSUMER, Some(count), block_ms, false, self.stream.as_str(), id).await?;
        let entries = parse(reply);
        if !entries.is_empty() {
            let bytes: usize = entries.iter().filter_map(|entry| entry.payload.as_ref()).map(bytes::Bytes::len).sum();
            self.entry_bytes = (bytes / entries.len()).max(64);
        }
        Ok(entries)
    }
}

/// The entries of a reply about one stream. The reply is looked at as it came: a conversion would copy the payloads.
fn parse(reply: Value) -> Vec<Entry> {
    let entries = match reply {
        Value::Array(mut streams) => match streams.pop() {
            Some(Value::Array(mut stream)) => stream.pop(),
            // RESP3 replies are flattened to [name, entries].
            other => other,
        },
        Value::Map(streams) => streams.inner().into_values().next(),
        _ => None,
    };
    match entries {
        Some(Value::Array(entries)) => entries.into_iter().filter_map(parse_entry).collect(),
        _ => Vec::new(),
    }
}

fn parse_entry(entry: Value) -> Option<Entry> {
    let Value::Array(parts) = entry else { return None };
    let mut parts = parts.into_iter();
    let id = parts.next()?.into_string()?;
    let payload = match parts.next() {
        Some(Value::Array(fields)) => {
            let mut fields = fields.into_iter();
            std::iter::from_fn(|| Some((fields.next()?, fields.next()?)))
                .find(|(name, _)| name.as_bytes() == Some(b"b"))
                .and_then(|(_, value)| value.into_bytes())
        }
        Some(Value::Map(fields)) => fields
            .inner()
            .into_iter()
            .find(|(name, _)| name.as_bytes() == b"b")
            .and_then(|(_, value)| value.into_bytes()),
        // The entry was deleted while it was pending.
        _ => None,
    };
    Some(Entry { id, payload })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn bytes(text: &'static str) -> Value {
        Value::Bytes(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn entries_of_a_reply() {
        let entry = |id, fields| Value::Array(vec![bytes(id), fields]);
        let reply = Value::Array(vec![Value::Array(vec![
            bytes("clicks:0"),
            Value::Array(vec![
                entry("1-0", Value::Array(vec![bytes("x"), bytes("1"), bytes("b"), bytes("payload")])),
                entry("2-0", Value::Array(vec![bytes("other"), bytes("1")])),
                entry("3-0", Value::Null),
            ]),
        ])]);
        let entries: Vec<_> = parse(reply).into_iter().map(|entry| (entry.id, entry.payload)).collect();
        assert_eq!(
            entries,
            [
                ("1-0".to_owned(), Some(Bytes::from_static(b"payload"))),
                ("2-0".to_owned(), None),
                ("3-0".to_owned(), None)
            ]
        );
        assert!(parse(Value::Null).is_empty());
    }
}
