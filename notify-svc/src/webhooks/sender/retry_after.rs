//! When a receiver wants to be asked again (RFC 9110, 10.2.3).

use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;
use outbound::Answer;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The longest wish that is heeded: the longest pause of the schedule.
const MOST: Duration = Duration::from_secs(24 * 3_600);

/// How long after `now` the next try should be made at the earliest; zero when the answer says nothing about it.
pub fn wish(answer: &Answer, now: OffsetDateTime) -> Duration {
    if !matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return Duration::ZERO;
    }
    let value = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wish = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has room for are still a long time.
        value.parse().map_or(MOST, Duration::from_secs)
    } else {
        let date = OffsetDateTime::parse(value, &Rfc2822).ok();
        date.and_then(|date| Duration::try_from(date - now).ok()).unwrap_or_default()
    };
    wish.min(MOST)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use time::macros::datetime;

    use super::*;

    fn seconds(status: u16, value: &str) -> u64 {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() };
        wish(&answer, datetime!(2026-11-21 12:00 UTC)).as_secs()
    }

    #[test]
    fn f18_seconds_and_dates_are_understood_up_to_a_day() {
        for (value, expected) in [
            ("120", 120),
            ("86400", 86_400),
            ("86401", 86_400),
            ("99999999999999999999999", 86_400),
            ("Sat, 21 Nov 2026 12:10:00 GMT", 600),
            ("Sat, 21 Nov 2026 11:59:59 GMT", 0),
            ("Tue, 24 Nov 2026 12:00:00 GMT", 86_400),
            ("-5", 0),
            ("soon", 0),
            ("", 0),
        ] {
            assert_eq!(seconds(429, value), expected, "{value}");
            assert_eq!(seconds(503, value), expected, "{value}");
            assert_eq!(seconds(500, value), 0, "{value}: of other answers it is not heeded");
        }
    }
}
