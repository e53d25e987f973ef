//! The ways by which a message leaves.

mod mailbox;
mod smtp;
mod twilio;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use curtail_clock::Clock;

pub use self::mailbox::Mailbox;
pub use self::smtp::Smtp;
pub use self::twilio::Twilio;
use crate::message::Message;

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The other side will not take it, now or later.
    Refused(String),
    /// The other side may take it later.
    Later {
        /// What it said.
        error: String,
        /// When it wants to be asked again, if it said so.
        after: Option<Duration>,
    },
    /// The other side is unavailable: no message would leave.
    Away(String),
}

impl Failure {
    /// The other side may take it later, and did not say when.
    fn later(error: impl Into<String>) -> Self {
        Self::Later { error: error.into(), after: None }
    }
}

/// How messages leave.
pub struct Channel {
    mails: Mails,
    texts: Texts,
}

/// How mails leave.
enum Mails {
    Smtp(Smtp),
    Mailbox(Mailbox),
}

/// How text messages leave.
enum Texts {
    Twilio(Box<Twilio>),
    Mailbox(Mailbox),
}

impl Channel {
    /// SMTP when `notify.smtp_url` is set, and an HTTP API when `notify.sms_url` is; else the folder `notify.mailbox_dir`.
    ///
    /// # Errors
    /// When the URL is not one of an SMTP server, or the settings of the API do not work out.
    pub fn new(settings: &curtail_config::Notify, clock: Clock) -> anyhow::Result<Self> {
        let folder = || Mailbox::new(Path::new(&settings.mailbox_dir));
        let timeout = Duration::from_millis(settings.mail_timeout_ms);
        let mails = if settings.smtp_url.is_empty() {
            Mails::Mailbox(folder())
        } else {
            let smtp = Smtp::new(settings.smtp_url.expose(), timeout, settings.mail_in_flight);
            Mails::Smtp(smtp.context("notify.smtp_url")?)
        };
        let texts = if settings.sms_url.is_empty() {
            Texts::Mailbox(folder())
        } else {
            Texts::Twilio(Box::new(Twilio::new(settings, timeout, clock)?))
        };
        Ok(Self { mails, texts })
    }

    /// Sends a message. When it is over without an error, the other side has it.
    ///
    /// # Errors
    /// When it does not have it, or may not.
    pub async fn send(&self, message: &Message) -> Result<(), Failure> {
        match (message, &self.mails, &self.texts) {
            (Message::Mail(mail), Mails::Smtp(smtp), _) => smtp.send(mail).await,
            (Message::Mail(mail), Mails::Mailbox(mailbox), _) => mailbox.mail(mail).await,
            (Message::Text(text), _, Texts::Twilio(twilio)) => twilio.send(text).await,
            (Message::Text(text), _, Texts::Mailbox(mailbox)) => mailbox.text(text).await,
        }
    }
}
