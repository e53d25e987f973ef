//! When a server wants to be asked again.

use std::time::Duration;

use http::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How long to wait from `now` on: `Retry-After` in both of its forms (RFC 9110, 10.2.3), seconds or a date. Nothing when it is
/// missing, makes no sense or lies in the past.
pub fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has room for are still a long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    (OffsetDateTime::parse(value, &Rfc2822).ok()? - now).try_into().ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn f18_seconds_and_dates_are_understood() {
        for (value, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sat, 21 Nov 2026 12:10:00 GMT", Some(600)),
            ("Sat, 21 Nov 2026 11:59:59 GMT", None),
            ("-5", None),
            ("+5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            let pause = retry_after(&headers, datetime!(2026-11-21 12:00 UTC));
            assert_eq!(pause.map(|pause| pause.as_secs()), expected, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), OffsetDateTime::UNIX_EPOCH), None);
    }
}
