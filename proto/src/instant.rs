//! Instants on the wire.

use prost_types::Timestamp;
use time::OffsetDateTime;

/// An instant for a message.
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: at.unix_timestamp(), nanos: at.nanosecond().cast_signed() }
}

/// An instant of a message; `None` if it is absent or out of range.
pub fn instant(at: impl Into<Option<Timestamp>>) -> Option<OffsetDateTime> {
    let at = at.into()?;
    let nanos = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn instants_survive_the_wire_and_impossible_ones_are_none() {
        for at in [datetime!(2026-01-02 03:04:05.678 UTC), datetime!(1960-01-01 0:00:00.5 UTC)] {
            assert_eq!(instant(timestamp(at)), Some(at));
        }
        assert_eq!(instant(Timestamp { seconds: i64::MAX, nanos: 0 }), None);
        assert_eq!(instant(None), None);
    }
}
