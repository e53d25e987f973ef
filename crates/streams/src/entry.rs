//! Entries of streams.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use fred::clients::Pool;
use fred::error::{Error, ErrorKind};
use fred::interfaces::StreamsInterface as _;
use fred::types::streams::XID;
use fred::types::{Key, Value};

/// The id of an entry: `milliseconds-number`. Later entries have larger ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Usually the Unix time in milliseconds.
    pub ms: u64,
    /// Number within the millisecond.
    pub number: u64,
}

impl EntryId {
    /// Before every entry.
    pub const ZERO: Self = Self { ms: 0, number: 0 };
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for EntryId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (ms, number) = text.split_once('-').unwrap_or((text, "0"));
        match (ms.parse(), number.parse()) {
            (Ok(ms), Ok(number)) => Ok(Self { ms, number }),
            _ => Err(Error::new(ErrorKind::Parse, format!("not an entry id: {text}"))),
        }
    }
}

impl From<EntryId> for XID {
    fn from(id: EntryId) -> Self {
        XID::Manual(id.to_string().into())
    }
}

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Names and values in the order in which they were written. Empty when the entry was deleted while it was pending.
    pub fields: Vec<(Bytes, Bytes)>,
}

impl Entry {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|(field, _)| field == name.as_bytes()).map(|(_, value)| value)
    }
}

/// Adds an entry to the end of a stream and returns its id. A call that fails may have succeeded.
pub async fn append(pool: &Pool, stream: &str, fields: Vec<(&str, Bytes)>) -> Result<EntryId, Error> {
    let fields: Vec<(Key, Value)> =
        fields.into_iter().map(|(name, value)| (name.into(), Value::Bytes(value))).collect();
    let id: String = pool.xadd(stream, false, None, XID::Auto, fields).await?;
    id.parse()
}

/// The entries of one stream in the answer of XREAD or XREADGROUP; none when it blocked in vain.
pub(crate) fn of_read(answer: Value) -> Result<Vec<Entry>, Error> {
    match answer {
        Value::Null => Ok(Vec::new()),
        // RESP3: {stream: entries}
        Value::Map(streams) => streams.inner().into_values().next().map_or(Ok(Vec::new()), of_list),
        // RESP2: [[stream, entries]]
        Value::Array(mut streams) => match streams.pop() {
            Some(Value::Array(mut stream)) => stream.pop().map_or(Ok(Vec::new()), of_list),
            None => Ok(Vec::new()),
            Some(_) => Err(unexpected()),
        },
        _ => Err(unexpected()),
    }
}

/// The entries in an answer of the form `[[id, [name, value, …]], …]`.
pub(crate) fn of_list(list: Value) -> Result<Vec<Entry>, Error> {
    let Value::Array(list) = list else { return Err(unexpected()) };
    list.into_iter().filter(|entry| !entry.is_null()).map(of_entry).collect()
}

fn of_entry(entry: Value) -> Result<Entry, Error> {
    let Value::Array(parts) = entry else { return Err(unexpected()) };
    let [id, fields]: [Value; 2] = parts.try_into().map_err(|_| unexpected())?;
    let id = id.as_str().ok_or_else(unexpected)?.parse()?;
    let fields = match fields {
        Value::Null => Vec::new(),
        Value::Array(flat) => pairs(flat)?,
        _ => return Err(unexpected()),
    };
    Ok(Entry { id, fields })
}

fn pairs(flat: Vec<Value>) -> Result<Vec<(Bytes, Bytes)>, Error> {
    let mut values = flat.into_iter().map(|value| value.into_bytes().ok_or_else(unexpected));
    let mut pairs = Vec::new();
    while let Some(name) = values.next() {
        pairs.push((name?, values.next().ok_or_else(unexpected)??));
    }
    Ok(pairs)
}

fn unexpected() -> Error {
    Error::new(ErrorKind::Protocol, "an answer about a stream has an unexpected form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_number_not_by_text() {
        let ids = ["9-0", "10-0", "10-2", "10-10"].map(|id| id.parse::<EntryId>().unwrap());
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(ids[3].to_string(), "10-10");
        assert!("10-x".parse::<EntryId>().is_err());
        assert!("".parse::<EntryId>().is_err());
    }
}
