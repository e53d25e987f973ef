//! A message in the form in which it leaves.

use crate::mail::{self, Mail};
use crate::store::messages::{Medium, Row};
use crate::text::{self, Text};

/// What leaves.
#[derive(Clone, Debug)]
pub enum Message {
    /// By mail.
    Mail(Mail),
    /// As a text message.
    Text(Text),
}

/// Why a row cannot be made a message; it never can.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// Of a mail.
    #[error(transparent)]
    Mail(#[from] mail::Uncomposable),
    /// Of a text message.
    #[error(transparent)]
    Text(#[from] text::Uncomposable),
}

/// Writes messages.
pub struct Writer {
    mails: mail::Composer,
    texts: text::Composer,
}

impl Writer {
    /// A writer for the sender `notify.mail_from` and links below `domains.app_url`.
    ///
    /// # Errors
    /// When the sender is not a mailbox.
    pub fn new(config: &curtail_config::Config) -> anyhow::Result<Self> {
        Ok(Self { mails: mail::Composer::new(config)?, texts: text::Composer::new()? })
    }

    /// The message of a row.
    ///
    /// # Errors
    /// When the row cannot be made one, now or later.
    pub fn write(&self, row: &Row) -> Result<Message, Unwritable> {
        Ok(match row.medium {
            Medium::Mail => Message::Mail(self.mails.compose(row)?),
            Medium::Text => Message::Text(self.texts.compose(row)?),
        })
    }
}
