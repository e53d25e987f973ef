//! Instants that users enter.

use curtail_rpc::Error;
use prost_types::Timestamp;
use time::OffsetDateTime;

use super::to_micros;
use crate::refusal::invalid;

/// Reads a timestamp of the wire, cut to microseconds. Years 1970 to 9999.
pub fn read(value: Option<Timestamp>, field: &'static str) -> Result<Option<OffsetDateTime>, Error> {
    let Some(Timestamp { seconds, nanos }) = value else { return Ok(None) };
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let at = OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|_| seconds >= 0);
    match at.zip(nanos).and_then(|(at, nanos)| at.replace_nanosecond(nanos).ok()) {
        Some(at) => Ok(Some(to_micros(at))),
        None => Err(invalid("INSTANT_INVALID", field, "not an instant between the years 1970 and 9999")),
    }
}

/// `at` for the wire.
pub fn write(at: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: at.unix_timestamp(), nanos: at.nanosecond().cast_signed() }
}

/// The rules for a link's life: the end, where it is newly set, lies ahead; it comes after the start.
pub fn check_life(
    starts_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    new_expiry: bool,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if new_expiry && expires_at.is_some_and(|expires| expires <= now) {
        return Err(invalid("EXPIRES_IN_PAST", "expiresAt", "the link would have expired already"));
    }
    match starts_at.zip(expires_at) {
        Some((starts, expires)) if expires <= starts => {
            Err(invalid("EXPIRES_BEFORE_START", "expiresAt", "the link would expire before it starts"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn reads_what_fits_and_nothing_else() {
        let last = datetime!(9999-12-31 23:59:59 UTC).unix_timestamp();
        let read = |seconds, nanos| read(Some(Timestamp { seconds, nanos }), "startsAt");
        assert_eq!(read(1, 1_999).unwrap(), Some(datetime!(1970-01-01 00:00:01.000001 UTC)));
        assert!(read(last, 999_999_999).is_ok());
        for (seconds, nanos) in [(last + 1, 0), (-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(read(seconds, nanos).unwrap_err().reason, "INSTANT_INVALID");
        }
    }

    #[test]
    fn the_end_lies_ahead_and_after_the_start() {
        let now = datetime!(2026-05-01 0:00 UTC);
        let soon = now + Duration::MICROSECOND;
        assert!(check_life(None, Some(soon), true, now).is_ok());
        assert_eq!(check_life(None, Some(now), true, now).unwrap_err().reason, "EXPIRES_IN_PAST");
        assert!(check_life(None, Some(now), false, now).is_ok());
        assert_eq!(check_life(Some(soon), Some(soon), true, now).unwrap_err().reason, "EXPIRES_BEFORE_START");
        assert!(check_life(Some(now), Some(soon), true, now).is_ok());
    }
}
