//! From events to messages.
//!
//! [`accounts`], [`links`] and [`alerts`] say which mail an event asks for and whom it is meant for; they know nothing but the
//! event. [`Intake`] finds the people, leaves out who does not want it, and keeps a row for each of the others. The row's id is a
//! hash of event, kind and recipient, so it does not matter how often or in which order events come.

mod accounts;
mod alerts;
mod audience;
mod intake;
mod links;
mod rows;

use curtail_proto::events::v1::Envelope;
use time::OffsetDateTime;

pub use self::audience::Directory;
pub use self::intake::{GROUP, Intake, STREAMS};
use crate::kind::Kind;

/// A mail that an event asks for.
#[derive(Clone, Debug, PartialEq)]
struct Notice {
    kind: Kind,
    to: To,
    data: serde_json::Value,
}

/// Whom a mail is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    /// An account that the event names with its address. The mail is about the account, proven or not.
    Account { user_id: i64, address: String, full_name: String },
    /// An address, with an account or without.
    Address(String),
    /// A user by id.
    User(i64),
    /// Every member of the event's workspace whose address is proven.
    Members,
}

/// An event is not what it should be: a fault of its publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event lacks {0}")]
struct Malformed(&'static str);

/// The mail of an event; most events ask for none.
fn notice(envelope: &Envelope, at: OffsetDateTime) -> Result<Option<Notice>, Malformed> {
    let Some(payload) = &envelope.payload else { return Ok(None) };
    Ok(match accounts::notice(payload, at)? {
        Some(notice) => Some(notice),
        None => match links::notice(payload, at)? {
            Some(notice) => Some(notice),
            None => alerts::notice(payload, at)?,
        },
    })
}

/// An instant as templates read it, by the second.
fn rfc3339(at: OffsetDateTime) -> String {
    at.truncate_to_second().format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
