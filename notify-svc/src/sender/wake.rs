//! Telling senders that there is something new, so that they need not look often.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::store::messages::Medium;

/// Tells the senders of this process that there is something new. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    mails: Arc<Notify>,
    texts: Arc<Notify>,
}

impl Wake {
    /// There may be something new of every medium.
    pub fn all(&self) {
        self.mails.notify_one();
        self.texts.notify_one();
    }

    /// There is a new text message.
    pub fn texts(&self) {
        self.texts.notify_one();
    }

    /// Waits until there may be something new of a medium.
    pub(super) async fn notified(&self, medium: Medium) {
        match medium {
            Medium::Mail => self.mails.notified().await,
            Medium::Text => self.texts.notified().await,
        }
    }
}
