//! Messages of streams that go on: what happened since the message before, and how much of it is not told.

use crate::analytics::v1::{LiveClick, WatchClicksResponse};
use crate::links::v1::{LinkChange, WatchLinksResponse};

/// A message of such a stream.
pub trait Batch: Clone + Send + Sync + 'static {
    /// What happens.
    type Item: Item;

    /// A message.
    fn new(items: Vec<Self::Item>, skipped: u64) -> Self;

    /// What happened, in order.
    fn items(&self) -> &[Self::Item];

    /// How much more happened that is not told.
    fn skipped(&self) -> u64;

    /// How much happened.
    fn weight(&self) -> u64 {
        self.items().len() as u64 + self.skipped()
    }
}

/// One thing that happened to a link.
pub trait Item: Clone + Send + Sync + 'static {
    /// The same in every stream, and of nothing else.
    fn id(&self) -> &str;

    /// The link.
    fn link_id(&self) -> i64;
}

/// For a message and its items.
macro_rules! batch {
    ($message:ty, $field:ident: $item:ty) => {
        impl Batch for $message {
            type Item = $item;

            fn new($field: Vec<$item>, skipped: u64) -> Self {
                Self { $field, skipped }
            }

            fn items(&self) -> &[$item] {
                &self.$field
            }

            fn skipped(&self) -> u64 {
                self.skipped
            }
        }

        impl Item for $item {
            fn id(&self) -> &str {
                &self.id
            }

            fn link_id(&self) -> i64 {
                self.link_id
            }
        }
    };
}

batch!(WatchClicksResponse, clicks: LiveClick);
batch!(WatchLinksResponse, changes: LinkChange);
