//! Links in events.

use crate::events::v1::LinkSnapshot;
use crate::events::v1::envelope::Payload;

impl Payload {
    /// The link as it is after an event about one; the outer `None` for all other events, the inner one when the publisher left it
    /// out.
    pub fn into_snapshot(self) -> Option<Option<LinkSnapshot>> {
        match self {
            Self::LinkCreated(event) => Some(event.snapshot),
            Self::LinkUpdated(event) => Some(event.snapshot),
            Self::LinkDeleted(event) => Some(event.snapshot),
            Self::LinkRestored(event) => Some(event.snapshot),
            Self::LinkExpired(event) => Some(event.snapshot),
            Self::LinkDisabled(event) => Some(event.snapshot),
            _ => None,
        }
    }
}
