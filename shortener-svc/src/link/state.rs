//! The state of a link: not stored, but worked out from its fields and the time.

use curtail_proto::links::v1::LinkState;
use time::OffsetDateTime;

use super::Link;

/// The state at `now`. When several hold, the one that a person would have to undo first is shown.
pub fn at(link: &Link, now: OffsetDateTime) -> LinkState {
    match lasting(link) {
        LinkState::Active | LinkState::Exhausted if link.expires_at.is_some_and(|expires| expires <= now) => {
            LinkState::Expired
        }
        LinkState::Active if link.starts_at.is_some_and(|starts| starts > now) => LinkState::Scheduled,
        state => state,
    }
}

/// The state without regard to the time, as redirectors get it.
pub fn lasting(link: &Link) -> LinkState {
    if link.deleted_at.is_some() {
        LinkState::Deleted
    } else if link.block_reason.is_some() {
        LinkState::Blocked
    } else if link.disabled {
        LinkState::Disabled
    } else if link.is_exhausted() {
        LinkState::Exhausted
    } else {
        LinkState::Active
    }
}

/// [`at`] as an SQL expression over the columns of `links l`; its one parameter is the time, written `$now`. A test holds the
/// two against each other.
pub const SQL_BEFORE_NOW: [&str; 3] = [
    "case when l.deleted_at is not null then 6 when l.block_reason is not null then 7 when l.disabled then 5 \
     when l.expires_at <= ",
    " then 3 when l.max_clicks > 0 and l.used_clicks >= l.max_clicks then 4 when l.starts_at > ",
    " then 2 else 1 end",
];

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::link::testing::link;

    #[test]
    fn follows_from_the_fields() {
        let now = link().updated_at;
        let (before, after) = (Some(now - Duration::MICROSECOND), Some(now + Duration::MICROSECOND));
        let cases: [(fn(&mut Link, _, _), _); 9] = [
            (|_, _, _| {}, LinkState::Active),
            (|link, _, after| link.starts_at = after, LinkState::Scheduled),
            (|link, before, _| link.starts_at = before, LinkState::Active),
            (|link, before, _| link.expires_at = before, LinkState::Expired),
            (|link, _, after| link.expires_at = after, LinkState::Active),
            (|link, _, _| (link.max_clicks, link.used_clicks) = (2, 2), LinkState::Exhausted),
            (|link, _, _| (link.max_clicks, link.used_clicks) = (2, 1), LinkState::Active),
            (|link, _, _| (link.disabled, link.max_clicks, link.used_clicks) = (true, 1, 1), LinkState::Disabled),
            (|link, before, _| (link.deleted_at, link.disabled) = (before, true), LinkState::Deleted),
        ];
        for (number, (change, state)) in cases.into_iter().enumerate() {
            let mut link = link();
            change(&mut link, before, after);
            assert_eq!(at(&link, now), state, "{number}");
        }
    }

    #[test]
    fn starts_and_ends_to_the_instant() {
        let mut link = link();
        let now = link.updated_at;
        (link.starts_at, link.expires_at) = (Some(now), Some(now + Duration::HOUR));
        assert_eq!(at(&link, now), LinkState::Active);
        assert_eq!(at(&link, now + Duration::HOUR), LinkState::Expired);
    }

    #[test]
    fn a_block_hides_all_but_deletion() {
        let mut link = link();
        (link.block_reason, link.disabled) = (Some("court order".to_owned()), true);
        assert_eq!(lasting(&link), LinkState::Blocked);
    }
}
