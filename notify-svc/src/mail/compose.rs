//! From a row of `messages` to the bytes that go out.

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use serde_json::json;

use super::unsubscribe::Signer;
use super::{BadRecipient, Recipient, Rendered, Templates, Unrenderable};
use crate::kind::Kind;
use crate::preferences::Owner;
use crate::store::messages::Row;

/// A mail that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Unique for message and recipient, the same at every try: 32 hexadecimal digits.
    pub id: String,
    /// The name of its file in a mailbox, without an extension.
    pub file: String,
    /// From whom to whom, for SMTP.
    pub envelope: Envelope,
    /// Headers and body in the form of RFC 5322.
    pub bytes: Vec<u8>,
}

/// Why a message cannot be written; it never can.
#[derive(Debug, thiserror::Error)]
pub enum Uncomposable {
    /// Its kind is of another version.
    #[error("there is no such kind of message")]
    Kind,
    /// Its recipient is none.
    #[error(transparent)]
    Recipient(#[from] BadRecipient),
    /// Its words.
    #[error(transparent)]
    Words(#[from] Unrenderable),
    /// Its form.
    #[error("the mail can not be put together")]
    Form(#[from] lettre::error::Error),
}

/// Writes mails.
pub struct Composer {
    templates: Templates,
    signer: Signer,
    from: Mailbox,
    app_url: String,
    /// The right side of message ids.
    host: String,
}

impl Composer {
    /// A composer for the sender `notify.mail_from` and links below `domains.app_url`.
    ///
    /// # Errors
    /// When the sender is not a mailbox.
    pub fn new(config: &curtail_config::Config) -> anyhow::Result<Self> {
        let from: Mailbox = config.notify.mail_from.parse()?;
        Ok(Self {
            templates: Templates::new()?,
            signer: Signer::derive(&config.notify.master_key.key32()),
            host: from.email.domain().to_owned(),
            from,
            app_url: config.domains.app_url.clone(),
        })
    }

    /// Writes the mail of a row.
    ///
    /// # Errors
    /// When the row cannot be made a mail, now or later.
    pub fn compose(&self, row: &Row) -> Result<Mail, Uncomposable> {
        let kind = Kind::from_name(&row.kind).ok_or(Uncomposable::Kind)?;
        let recipient = Recipient::new(&row.address, &row.full_name)?;
        let unsubscribe = self.unsubscribe_url(kind, row, &recipient);
        let words = self.words(kind, &recipient, row.data.clone(), unsubscribe.as_deref())?;
        let id = row.hex_id();
        let mut message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .date(row.created_at.into())
            .from(self.from.clone())
            .to(recipient.mailbox())
            .subject(words.subject)
            // RFC 3834: no answering machine answers it.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(url) = unsubscribe {
            message = message
                .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let message = message.multipart(MultiPart::alternative_plain_html(words.text, words.html))?;
        let file = row.file();
        Ok(Mail { id, file, envelope: message.envelope().clone(), bytes: message.formatted() })
    }

    /// The words of a mail.
    ///
    /// # Errors
    /// When the data lack something.
    pub fn words(
        &self,
        kind: Kind,
        recipient: &Recipient,
        mut data: serde_json::Value,
        unsubscribe_url: Option<&str>,
    ) -> Result<Rendered, Unrenderable> {
        // Someone without a name is greeted by his address.
        let name = if recipient.full_name().is_empty() { recipient.address() } else { recipient.full_name() };
        data["recipient"] = json!({"name": name, "address": recipient.address()});
        data["app_url"] = self.app_url.as_str().into();
        data["unsubscribe_url"] = unsubscribe_url.into();
        self.templates.render(kind, data)
    }

    /// Where this kind of mail is unsubscribed from, if it can be.
    fn unsubscribe_url(&self, kind: Kind, row: &Row, recipient: &Recipient) -> Option<String> {
        let owner = match (kind, row.user_id) {
            (Kind::Invitation, _) | (_, None) => Owner::Address(recipient.address().to_owned()),
            (_, Some(user)) => Owner::User(user),
        };
        (!kind.is_required()).then(|| self.page(&owner, kind))
    }

    /// The page of a token.
    pub(crate) fn page(&self, owner: &Owner, kind: Kind) -> String {
        format!("{}{}?token={}", self.app_url, "/unsubscribe", self.signer.token(owner, kind))
    }
}

/// A header whose value is ours: ASCII without line breaks.
fn header(name: &'static str, value: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}
