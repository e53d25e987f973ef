//! From an event to what watchers are told of it.

use curtail_proto::events::v1::{Envelope, envelope::Payload};
use curtail_proto::links::v1::{LinkChange, LinkChangeKind};

/// The change that an event tells of; `None` when nothing about a link has changed.
pub(super) fn of(envelope: Envelope) -> Option<LinkChange> {
    let payload = envelope.payload?;
    let kind = match &payload {
        Payload::LinkCreated(_) => LinkChangeKind::Created,
        Payload::LinkUpdated(_) => LinkChangeKind::Updated,
        Payload::LinkDisabled(_) => LinkChangeKind::Disabled,
        Payload::LinkDeleted(_) => LinkChangeKind::Deleted,
        Payload::LinkRestored(_) => LinkChangeKind::Restored,
        Payload::LinkExpired(_) => LinkChangeKind::Expired,
        _ => return None,
    };
    let link = payload.into_snapshot()??.link?;
    let id = envelope.event_id.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(LinkChange {
        id,
        at: envelope.occurred_at,
        kind: kind.into(),
        link_id: link.id,
        version: link.version,
        link: (kind != LinkChangeKind::Deleted).then_some(link),
    })
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{LinkDeleted, LinkExpiring, LinkSnapshot, LinkUpdated};
    use curtail_proto::links::v1::Link;

    use super::*;

    fn event(payload: impl FnOnce(Option<LinkSnapshot>) -> Payload) -> Envelope {
        let link = Some(Link { id: 5, version: 3, url: "https://a.example/".to_owned(), ..Link::default() });
        let payload = Some(payload(Some(LinkSnapshot { link, target: None })));
        Envelope { event_id: vec![0, 255], payload, ..Envelope::default() }
    }

    #[test]
    fn a_change_names_the_link_and_holds_it_unless_it_was_deleted() {
        let updated = of(event(|snapshot| Payload::LinkUpdated(LinkUpdated { snapshot }))).unwrap();
        assert_eq!((updated.kind(), updated.link_id, updated.version), (LinkChangeKind::Updated, 5, 3));
        assert_eq!((updated.id.as_str(), updated.link.unwrap().url.as_str()), ("00ff", "https://a.example/"));
        let deleted = of(event(|snapshot| Payload::LinkDeleted(LinkDeleted { snapshot }))).unwrap();
        assert_eq!((deleted.kind(), deleted.link_id, deleted.version), (LinkChangeKind::Deleted, 5, 3));
        assert_eq!(deleted.link, None);
    }

    #[test]
    fn a_warning_is_no_change() {
        assert_eq!(of(event(|snapshot| Payload::LinkExpiring(LinkExpiring { snapshot }))), None);
        assert_eq!(of(Envelope::default()), None);
    }
}
