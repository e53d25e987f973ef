//! The ways by which a message leaves.

mod mailbox;
mod smtp;

use std::path::Path;
use std::time::Duration;

pub use self::mailbox::Mailbox;
pub use self::smtp::Smtp;
use crate::mail::Mail;

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The other side will not take it, now or later.
    Refused(String),
    /// The other side may take it later.
    Later(String),
    /// The other side is away: no message would leave.
    Away(String),
}

/// How mails leave.
pub enum Channel {
    /// Through an SMTP server.
    Smtp(Smtp),
    /// Into a folder.
    Mailbox(Mailbox),
}

impl Channel {
    /// SMTP when `notify.smtp_url` is set, else the folder `notify.mailbox_dir`.
    ///
    /// # Errors
    /// When the URL is not one of an SMTP server.
    pub fn new(settings: &config::Notify) -> anyhow::Result<Self> {
        if settings.smtp_url.is_empty() {
            return Ok(Self::Mailbox(Mailbox::new(Path::new(&settings.mailbox_dir))));
        }
        let timeout = Duration::from_millis(settings.mail_timeout_ms);
        Ok(Self::Smtp(Smtp::new(settings.smtp_url.expose(), timeout, settings.mail_in_flight)?))
    }

    /// Sends a mail. When it is over without an error, the other side has it.
    ///
    /// # Errors
    /// When it does not have it, or may not.
    pub async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Mailbox(mailbox) => mailbox.send(mail).await,
        }
    }
}
