//! The state of a link at an instant, as links have it everywhere: an index keeps what lasts, the rest follows from the time.

use curtail_proto::links::v1::LinkState;

/// The states that a hit can be in; deleted links are never found.
pub const SEARCHED: [LinkState; 6] = [
    LinkState::Active,
    LinkState::Scheduled,
    LinkState::Expired,
    LinkState::Exhausted,
    LinkState::Disabled,
    LinkState::Blocked,
];

/// The state at `now`; all times in microseconds since 1970.
pub fn at(lasting: LinkState, starts_us: i64, expires_us: i64, now_us: i64) -> LinkState {
    match lasting {
        LinkState::Active | LinkState::Exhausted if expires_us <= now_us => LinkState::Expired,
        LinkState::Active if starts_us > now_us => LinkState::Scheduled,
        state => state,
    }
}

/// When a link is in a state: what its fields have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// One of these lasts.
    pub lasting: &'static [LinkState],
    /// Whether it has begun, if that matters.
    pub started: Option<bool>,
    /// Whether it is over, if that matters.
    pub expired: Option<bool>,
}

/// What holds of links in `state`, as engines ask for it; `None` for a state that is never found.
pub fn condition(state: LinkState) -> Option<Condition> {
    let (lasting, started, expired): (&[LinkState], _, _) = match state {
        LinkState::Active => (&[LinkState::Active], Some(true), Some(false)),
        LinkState::Scheduled => (&[LinkState::Active], Some(false), Some(false)),
        LinkState::Expired => (&[LinkState::Active, LinkState::Exhausted], None, Some(true)),
        LinkState::Exhausted => (&[LinkState::Exhausted], None, Some(false)),
        LinkState::Disabled => (&[LinkState::Disabled], None, None),
        LinkState::Blocked => (&[LinkState::Blocked], None, None),
        LinkState::Deleted | LinkState::Unspecified => return None,
    };
    Some(Condition { lasting, started, expired })
}

/// Its name in facets, as clients write it.
pub fn name(state: LinkState) -> &'static str {
    state.as_str_name().trim_start_matches("LINK_STATE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ways to say it agree for every combination.
    #[test]
    fn a_link_meets_the_condition_of_its_state_and_of_no_other() {
        let lasting = [LinkState::Active, LinkState::Exhausted, LinkState::Disabled, LinkState::Blocked];
        for (lasting, starts, expires) in lasting
            .into_iter()
            .flat_map(|l| [i64::MIN, 10, 11].into_iter().flat_map(move |s| [10, 11, i64::MAX].map(|e| (l, s, e))))
        {
            let state = at(lasting, starts, expires, 10);
            let meets = |state: &LinkState| {
                condition(*state).is_some_and(|c| {
                    c.lasting.contains(&lasting)
                        && c.started.is_none_or(|started| started == (starts <= 10))
                        && c.expired.is_none_or(|expired| expired == (expires <= 10))
                })
            };
            assert_eq!(
                SEARCHED.into_iter().filter(meets).collect::<Vec<_>>(),
                [state],
                "{lasting:?} {starts} {expires}"
            );
        }
    }

    #[test]
    fn states_are_named_as_clients_write_them() {
        assert_eq!(name(LinkState::Active), "ACTIVE");
    }
}
