//! How a link answers at an instant.

use curtail_proto::links::v1::LinkState;

use super::{Entry, Known};

/// The kinds of answers, before anything is asked or recorded.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// To the destination.
    Redirect(&'a Known),
    /// To the destination, if a click is left.
    Limited(&'a Known),
    /// Nobody has this code.
    Unknown,
    /// Its time has yet to come.
    Scheduled,
    /// Its time or its clicks are over.
    Over(&'a Known),
    /// Its owner paused it.
    Disabled,
    /// Its owner deleted it.
    Deleted,
    /// The operator took it down.
    Blocked(&'a Known),
}

impl<'a> Answer<'a> {
    /// Of `entry` at `now_ms` (milliseconds since 1970). Times are judged here and not by whoever filled the cache, so a
    /// link stops to the millisecond although nothing tells the redirector.
    pub fn at(entry: &'a Entry, now_ms: i64) -> Self {
        let Some(known) = &entry.known else { return Self::Unknown };
        match known.state {
            LinkState::Blocked => return Self::Blocked(known),
            LinkState::Deleted => return Self::Deleted,
            LinkState::Disabled => return Self::Disabled,
            // Only the clock says whether a link has started or ended.
            _ => {}
        }
        if known.expires_at_ms != 0 && now_ms >= known.expires_at_ms || known.is_exhausted() {
            return Self::Over(known);
        }
        if now_ms < known.starts_at_ms {
            return Self::Scheduled;
        }
        if known.max_clicks > 0 { Self::Limited(known) } else { Self::Redirect(known) }
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::links::v1::Target;

    use super::*;

    fn entry(state: LinkState) -> Target {
        Target { url: "https://a.example/".to_owned(), state: state.into(), ..Target::default() }
    }

    #[test]
    fn times_begin_and_end_to_the_millisecond() {
        let target = Target { starts_at_ms: 100, expires_at_ms: 200, ..entry(LinkState::Active) };
        let entry = Entry::from_target(&target);
        assert!(matches!(Answer::at(&entry, 99), Answer::Scheduled));
        assert!(matches!(Answer::at(&entry, 100), Answer::Redirect(_)));
        assert!(matches!(Answer::at(&entry, 199), Answer::Redirect(_)));
        assert!(matches!(Answer::at(&entry, 200), Answer::Over(_)));
    }

    #[test]
    fn states_set_by_hand_come_before_times() {
        let over = |state| Entry::from_target(&Target { expires_at_ms: 1, ..entry(state) });
        assert!(matches!(Answer::at(&over(LinkState::Blocked), 5), Answer::Blocked(_)));
        assert!(matches!(Answer::at(&over(LinkState::Deleted), 5), Answer::Deleted));
        assert!(matches!(Answer::at(&over(LinkState::Disabled), 5), Answer::Disabled));
        assert!(matches!(Answer::at(&Entry::unknown(), 5), Answer::Unknown));
    }

    #[test]
    fn a_limited_link_is_over_once_that_is_known() {
        let entry = Entry::from_target(&Target { max_clicks: 1, ..entry(LinkState::Active) });
        let Answer::Limited(known) = Answer::at(&entry, 5) else { panic!("limited") };
        known.set_exhausted();
        assert!(matches!(Answer::at(&entry, 5), Answer::Over(_)));
    }
}
