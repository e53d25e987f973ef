//! How a link answers at an instant.

use curtail_proto::links::v1::LinkState;

use super::{Entry, Link};

/// The kinds of answers, before anything is asked or recorded.
#[derive(Clone, Copy, Debug)]
pub enum LinkOutcome<'a> {
    /// To the destination.
    Redirect(&'a Link),
    /// To the destination, if a click is left.
    Limited(&'a Link),
    /// The code is free.
    Unknown,
    /// Its time has yet to come.
    Scheduled,
    /// Its time or its clicks are over.
    Over(&'a Link),
    /// Its owner paused it.
    Disabled,
    /// Its owner deleted it.
    Deleted,
    /// The operator took it down.
    Blocked(&'a Link),
}

impl<'a> LinkOutcome<'a> {
    /// Of `entry` at `now_ms` (milliseconds since 1970). Times are judged here and not when the cache is filled, so a
    /// link stops to the millisecond although nothing tells the redirector.
    pub fn at(entry: &'a Entry, now_ms: i64) -> Self {
        let Some(link) = &entry.link else { return Self::Unknown };
        match link.state {
            LinkState::Blocked => return Self::Blocked(link),
            LinkState::Deleted => return Self::Deleted,
            LinkState::Disabled => return Self::Disabled,
            // Only the clock says whether a link has started or ended.
            _ => {}
        }
        if link.expires_at_ms != 0 && now_ms >= link.expires_at_ms || link.is_exhausted() {
            return Self::Over(link);
        }
        if now_ms < link.starts_at_ms {
            return Self::Scheduled;
        }
        if link.max_clicks > 0 { Self::Limited(link) } else { Self::Redirect(link) }
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
        assert!(matches!(LinkOutcome::at(&entry, 99), LinkOutcome::Scheduled));
        assert!(matches!(LinkOutcome::at(&entry, 100), LinkOutcome::Redirect(_)));
        assert!(matches!(LinkOutcome::at(&entry, 199), LinkOutcome::Redirect(_)));
        assert!(matches!(LinkOutcome::at(&entry, 200), LinkOutcome::Over(_)));
    }

    #[test]
    fn states_set_by_hand_come_before_times() {
        let over = |state| Entry::from_target(&Target { expires_at_ms: 1, ..entry(state) });
        assert!(matches!(LinkOutcome::at(&over(LinkState::Blocked), 5), LinkOutcome::Blocked(_)));
        assert!(matches!(LinkOutcome::at(&over(LinkState::Deleted), 5), LinkOutcome::Deleted));
        assert!(matches!(LinkOutcome::at(&over(LinkState::Disabled), 5), LinkOutcome::Disabled));
        assert!(matches!(LinkOutcome::at(&Entry::unknown(), 5), LinkOutcome::Unknown));
    }

    #[test]
    fn a_limited_link_is_over_once_that_is_known() {
        let entry = Entry::from_target(&Target { max_clicks: 1, ..entry(LinkState::Active) });
        let LinkOutcome::Limited(link) = LinkOutcome::at(&entry, 5) else { panic!("limited") };
        link.set_exhausted();
        assert!(matches!(LinkOutcome::at(&entry, 5), LinkOutcome::Over(_)));
    }
}
