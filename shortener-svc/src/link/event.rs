//! The facts about links that others hear of.

use curtail_proto::events::v1::{
    Envelope, LinkCreated, LinkDeleted, LinkDisabled, LinkExpired, LinkExpiring, LinkRestored, LinkSnapshot,
    LinkUpdated, envelope::Payload,
};
use time::OffsetDateTime;

use super::{Link, snapshot, time_field};
use crate::domains::Domains;

/// The stream that link events go to.
pub const STREAM: &str = curtail_streams::topology::LINKS;

/// What happened to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// It was made.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It was soft-deleted.
    Deleted,
    /// It was taken back.
    Restored,
    /// Its time is over or its clicks are used up.
    Expired,
    /// Its time will be over soon. No change: the version stays.
    Expiring,
    /// It was switched off.
    Disabled,
}

impl Fact {
    /// What an update of the fields amounts to.
    pub fn between(before: &Link, after: &Link) -> Self {
        if after.disabled && !before.disabled {
            Self::Disabled
        } else if after.is_exhausted() && !before.is_exhausted() {
            Self::Expired
        } else {
            Self::Updated
        }
    }

    fn payload(self, snapshot: LinkSnapshot) -> Payload {
        let snapshot = Some(snapshot);
        match self {
            Self::Created => Payload::LinkCreated(LinkCreated { snapshot }),
            Self::Updated => Payload::LinkUpdated(LinkUpdated { snapshot }),
            Self::Deleted => Payload::LinkDeleted(LinkDeleted { snapshot }),
            Self::Restored => Payload::LinkRestored(LinkRestored { snapshot }),
            Self::Expired => Payload::LinkExpired(LinkExpired { snapshot }),
            Self::Expiring => Payload::LinkExpiring(LinkExpiring { snapshot }),
            Self::Disabled => Payload::LinkDisabled(LinkDisabled { snapshot }),
        }
    }
}

/// The event that `fact` came to be at `now`, with the link as it is since.
pub fn envelope(
    fact: Fact,
    link: &Link,
    domains: &Domains,
    now: OffsetDateTime,
    event_id: [u8; 16],
    traceparent: String,
) -> Envelope {
    let snapshot =
        LinkSnapshot { link: Some(snapshot::message(link, domains, now)), target: Some(snapshot::target(link)) };
    Envelope {
        event_id: event_id.to_vec(),
        occurred_at: Some(time_field::write(now)),
        workspace_id: link.workspace_id,
        traceparent,
        payload: Some(fact.payload(snapshot)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::testing::link;

    #[test]
    fn updates_tell_what_they_amount_to() {
        let before = link();
        let mut disabled = link();
        disabled.disabled = true;
        let mut exhausted = link();
        (exhausted.max_clicks, exhausted.used_clicks) = (3, 3);
        assert_eq!(Fact::between(&before, &disabled), Fact::Disabled);
        assert_eq!(Fact::between(&disabled, &before), Fact::Updated);
        assert_eq!(Fact::between(&before, &exhausted), Fact::Expired);
        assert_eq!(Fact::between(&exhausted, &exhausted), Fact::Updated);
    }
}
