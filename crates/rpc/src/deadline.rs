//! Deadlines, which travel as `grpc-timeout` (gRPC over HTTP/2, "Timeout").

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// When the answer is due; put into the extensions of a request by the server layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

/// When the answer to this request is due; `None` when it did not come through the server layer.
pub fn deadline<T>(request: &tonic::Request<T>) -> Option<Instant> {
    request.extensions().get::<Deadline>().map(|deadline| deadline.0)
}

/// The `grpc-timeout` of a request: at most eight digits and a unit. What is malformed counts as absent.
pub(crate) fn parse(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

/// A `grpc-timeout` of this length, rounded down to microseconds, or to milliseconds above 99 seconds.
pub(crate) fn header(timeout: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let text = match timeout.as_micros() {
        micros if micros <= MOST => format!("{micros}u"),
        _ => format!("{}m", timeout.as_millis().min(MOST)),
    };
    HeaderValue::try_from(text).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Duration> {
        parse(&HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_str(text).unwrap())]))
    }

    #[test]
    fn all_units_are_read() {
        assert_eq!(parsed("3H"), Some(Duration::from_secs(10800)));
        assert_eq!(parsed("2M"), Some(Duration::from_secs(120)));
        assert_eq!(parsed("42S"), Some(Duration::from_secs(42)));
        assert_eq!(parsed("13m"), Some(Duration::from_millis(13)));
        assert_eq!(parsed("2u"), Some(Duration::from_micros(2)));
        assert_eq!(parsed("82n"), Some(Duration::from_nanos(82)));
        assert_eq!(parsed("99999999H").map(|d| d.as_secs()), Some(359_999_996_400));
    }

    #[test]
    fn what_is_malformed_counts_as_absent() {
        for text in ["", "S", "1", "1d", "-1S", "+1S", "1.5S", "100000000S", "1 S", "ÄS"] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(parse(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for timeout in [Duration::ZERO, Duration::from_micros(1), Duration::from_millis(1999), Duration::from_secs(99)]
        {
            assert_eq!(parsed(header(timeout).to_str().unwrap()), Some(timeout));
        }
        assert_eq!(parsed(header(Duration::from_secs(100)).to_str().unwrap()), Some(Duration::from_secs(100)));
        assert_eq!(header(Duration::MAX), "99999999m");
    }
}
