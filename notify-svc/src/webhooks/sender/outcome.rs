//! What follows from a try.

use std::time::Duration;

use curtail_outbound::{Answer, Failure};
use http::StatusCode;
use rand::Rng;
use time::OffsetDateTime;

use crate::retry_after::retry_after;
use crate::webhooks::schedule;
use crate::webhooks::store::due::Due;

/// From so much on, an answer is slow, and its webhook waits apart from the others.
const SLOW: Duration = Duration::from_secs(2);

/// The longest pause that a receiver can wish for: the longest of the schedule.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 3_600);

/// What is to become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The receiver has it.
    Done,
    /// It is tried again then.
    Again(OffsetDateTime),
    /// That was the last try.
    GiveUp,
    /// The receiver wants nothing any more.
    Gone,
}

/// A try that was made.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Of which delivery.
    pub delivery_id: i64,
    /// To which webhook.
    pub webhook_id: i64,
    /// Of all its tries, from 1.
    pub number: i32,
    /// When it began.
    pub at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// The status of the answer; 0: there was none.
    pub status: i16,
    /// Why there was none.
    pub error: String,
    /// The beginning of the answer.
    pub answer: String,
    /// What follows.
    pub next: Next,
}

impl Tried {
    /// Judges a try. Success is a status of 2xx, as the specification has it; redirects are failures.
    pub fn judge(
        due: &Due,
        at: OffsetDateTime,
        took: Duration,
        result: &Result<Answer, Failure>,
        rng: &mut impl Rng,
    ) -> Self {
        let status = result.as_ref().map(|answer| answer.status).ok();
        let next = match status {
            Some(status) if status.is_success() => Next::Done,
            Some(StatusCode::GONE) => Next::Gone,
            _ => {
                let pause = schedule::pause_after(due.round_attempts.unsigned_abs() + 1, rng);
                let wish = result.as_ref().ok().and_then(|answer| wish(answer, at + took)).unwrap_or_default();
                pause.map_or(Next::GiveUp, |pause| Next::Again(at + took + pause.max(wish)))
            }
        };
        Self {
            delivery_id: due.id,
            webhook_id: due.webhook_id,
            number: due.attempts + 1,
            at,
            took,
            status: status.map_or(0, |status| status.as_u16().cast_signed()),
            error: result.as_ref().err().map(ToString::to_string).unwrap_or_default(),
            answer: result.as_ref().map(|answer| text(&answer.body)).unwrap_or_default(),
            next,
        }
    }

    /// With success, and soon.
    pub fn is_well(&self) -> bool {
        self.next == Next::Done && self.took < SLOW
    }
}

/// How long a receiver that has too much to do wants to be left alone.
fn wish(answer: &Answer, now: OffsetDateTime) -> Option<Duration> {
    let is_busy = matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let wish = is_busy.then(|| retry_after(&answer.headers, now)).flatten();
    wish.map(|wish| wish.min(LONGEST_WISH))
}

/// Bytes of a stranger as text that PostgreSQL takes.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use time::macros::datetime;

    use super::*;

    fn due(round_attempts: i32) -> Due {
        Due {
            id: 1,
            webhook_id: 2,
            event_id: vec![0; 16],
            body: String::new(),
            attempts: 12,
            round_attempts,
            url: String::new(),
            secret: String::new(),
            previous_secret: None,
            previous_until: None,
        }
    }

    fn judge(round_attempts: i32, result: &Result<Answer, Failure>) -> Tried {
        let at = datetime!(2026-11-21 12:00 UTC);
        Tried::judge(&due(round_attempts), at, Duration::from_millis(5), result, &mut StdRng::seed_from_u64(1))
    }

    fn answer(status: u16) -> Result<Answer, Failure> {
        let status = StatusCode::from_u16(status).unwrap();
        Ok(Answer { status, headers: HeaderMap::new(), body: "a\0b\u{ff}".as_bytes().to_vec().into() })
    }

    #[test]
    fn f18_what_counts_as_taken() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(judge(0, &answer(status)).next, Next::Done, "{status}");
        }
        for status in [301, 302, 307, 308, 400, 401, 404, 429, 500, 503] {
            assert!(matches!(judge(0, &answer(status)).next, Next::Again(_)), "{status}");
        }
        assert_eq!(judge(0, &answer(410)).next, Next::Gone);
    }

    #[test]
    fn f18_a_wish_makes_a_pause_longer_up_to_a_day() {
        let pause = |status, value: &str| {
            let mut answer = answer(status).unwrap();
            answer.headers.insert(http::header::RETRY_AFTER, value.parse().unwrap());
            let tried = judge(0, &Ok(answer));
            let Next::Again(at) = tried.next else { panic!("{tried:?}") };
            (at - tried.at).whole_seconds()
        };
        for status in [429, 503] {
            assert_eq!((pause(status, "600"), pause(status, "86400"), pause(status, "86401")), (600, 86_400, 86_400));
            assert!((4..=6).contains(&pause(status, "1")), "never shorter than the schedule");
        }
        assert!((4..=6).contains(&pause(500, "600")), "other answers have none");
    }

    #[test]
    fn f18_the_tenth_try_is_the_last() {
        let lost = Err(Failure::Timeout);
        assert!(matches!(judge(8, &lost).next, Next::Again(_)));
        let last = judge(9, &lost);
        assert_eq!((last.next, last.number, last.status), (Next::GiveUp, 13, 0));
        assert_eq!(last.error, "there was no answer in time");
    }

    #[test]
    fn answers_are_kept_as_text_that_can_be_stored() {
        assert_eq!(judge(0, &answer(500)).answer, "a\u{fffd}b\u{ff}");
        assert_eq!(text(&[0xff, b'x']), "\u{fffd}x");
    }
}
