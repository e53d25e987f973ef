//! Instants on the wire.

use prost_types::Timestamp;
use time::OffsetDateTime;

/// An instant for a message.
pub fn write(at: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: at.unix_timestamp(), nanos: at.nanosecond().cast_signed() }
}

/// An instant of a message; one that no calendar has is none.
pub fn read(at: Option<Timestamp>) -> Option<OffsetDateTime> {
    let at = at?;
    let nanos = u32::try_from(at.nanos).ok()?;
    OffsetDateTime::from_unix_timestamp(at.seconds).ok()?.replace_nanosecond(nanos).ok()
}
