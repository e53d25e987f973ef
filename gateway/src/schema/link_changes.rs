//! Changes of links as they happen.

use async_graphql::{Enum, Error, ID, SimpleObject};
use curtail_proto::instant;
use curtail_proto::links::v1 as pb;
use futures_util::{Stream, StreamExt as _, stream};
use time::OffsetDateTime;

use super::link::Link;
use super::problem::fault;
use super::scalars::{Long, id};

/// The kind of a change of a link.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkChangeKind {
    /// The link was created.
    Created,
    /// Fields of the link changed.
    Updated,
    /// The link was disabled. Enabling it is `UPDATED`.
    Disabled,
    /// The link was deleted; it can be restored.
    Deleted,
    /// The link was restored.
    Restored,
    /// The link expired: `expiresAt` has passed or `maxClicks` is reached.
    Expired,
}

mirror!(LinkChangeKind, pb::LinkChangeKind, Updated, [Created, Updated, Disabled, Deleted, Restored, Expired]);

/// One change of a link.
#[derive(SimpleObject, Debug, Clone)]
pub struct LinkChange {
    /// The same change has the same id in every subscription.
    pub id: ID,
    /// When it was created.
    pub at: Option<OffsetDateTime>,
    /// The kind of the change.
    pub kind: LinkChangeKind,
    /// The link.
    pub link_id: ID,
    /// The version of the link after the change.
    pub version: i64,
    /// The link after the change; null if it was deleted.
    pub link: Option<Link>,
    /// Earlier changes in the workspace that were skipped, because this client reads too slowly.
    pub skipped: Long,
}

impl From<pb::LinkChange> for LinkChange {
    fn from(change: pb::LinkChange) -> Self {
        Self {
            kind: change.kind().into(),
            id: ID(change.id),
            at: instant(change.at),
            link_id: id(change.link_id),
            version: change.version,
            link: change.link.map(Link::from),
            skipped: Long(0),
        }
    }
}

/// Splits messages into events, one per change. The number of skipped changes comes with the next one.
pub(super) fn one_by_one(
    messages: impl Stream<Item = Result<pb::WatchLinksResponse, curtail_rpc::Error>>,
) -> impl Stream<Item = Result<LinkChange, Error>> {
    let mut skipped = 0_i64;
    messages.flat_map(move |message| {
        let events = match message {
            Ok(message) => {
                skipped = skipped.saturating_add_unsigned(message.skipped);
                let with_skipped = |change| LinkChange { skipped: Long(std::mem::take(&mut skipped)), ..change };
                message.changes.into_iter().map(LinkChange::from).map(with_skipped).map(Ok).collect()
            }
            Err(error) => vec![Err(fault(error))],
        };
        stream::iter(events)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_left_out_is_told_with_the_next_change() {
        let message = |links: &[i64], skipped| {
            let changes = links.iter().map(|&link_id| pb::LinkChange { link_id, ..Default::default() }).collect();
            Ok(pb::WatchLinksResponse { changes, skipped })
        };
        let lost = Err(curtail_rpc::Error::of(curtail_rpc::Code::Unavailable));
        let messages = [message(&[1, 2], 3), message(&[], 4), message(&[], 1), message(&[5], 0), lost];
        let events: Vec<_> = one_by_one(stream::iter(messages)).collect().await;
        let told: Vec<_> =
            events[..3].iter().flatten().map(|change| (change.link_id.as_str(), change.skipped.0)).collect();
        assert_eq!(told, [("1", 3), ("2", 0), ("5", 5)]);
        assert!(events.len() == 4 && events[3].is_err());
    }
}
