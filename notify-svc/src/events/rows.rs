//! The rows of messages about events.

use curtail_proto::events::v1::Envelope;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::audience::Somebody;
use crate::kind::Kind;
use crate::mail::{BadRecipient, Recipient};
use crate::store::messages::{Medium, Row};

/// The mail about an event to someone.
///
/// # Errors
/// When no one can be written to at this address.
pub(super) fn mail(
    envelope: &Envelope,
    at: OffsetDateTime,
    kind: Kind,
    somebody: Somebody,
    data: Value,
) -> Result<Row, BadRecipient> {
    let recipient = Recipient::new(&somebody.address, &somebody.full_name)?;
    Ok(Row {
        id: id(&envelope.event_id, kind, recipient.address()),
        medium: Medium::Mail,
        kind: kind.name().to_owned(),
        user_id: somebody.user_id,
        workspace_id: envelope.workspace_id,
        address: somebody.address,
        full_name: somebody.full_name,
        data,
        attempts: 0,
        created_at: at,
        error: String::new(),
    })
}

/// The text message about an event to the number of a user.
pub(super) fn text(envelope: &Envelope, at: OffsetDateTime, kind: Kind, user: i64, number: String, data: Value) -> Row {
    Row {
        id: id(&envelope.event_id, kind, &number),
        medium: Medium::Text,
        kind: kind.name().to_owned(),
        user_id: Some(user),
        workspace_id: envelope.workspace_id,
        address: number,
        full_name: String::new(),
        data,
        attempts: 0,
        created_at: at,
        error: String::new(),
    }
}

/// The id of the message about an event to an address or a telephone number.
fn id(event: &[u8], kind: Kind, address: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in [event, kind.name().as_bytes(), address.to_ascii_lowercase().as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()[..16].to_vec()
}
