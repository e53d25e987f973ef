//! One letter with its event.

use anyhow::Context as _;
use bytes::Bytes;
use curtail_streams::topology::{CLICK_BATCH_FIELD, ENVELOPE_FIELD};
use curtail_streams::{DeadLetter, DeadLetters, EntryId};
use prost_reflect::text_format::FormatOptions;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use crate::terminal;

/// What the fields of streams carry.
const KINDS: [(&str, &str); 2] =
    [(ENVELOPE_FIELD, "curtail.events.v1.Envelope"), (CLICK_BATCH_FIELD, "curtail.events.v1.ClickBatch")];

/// How much is shown of what cannot be read, in bytes.
const GLIMPSE: usize = 256;

/// Shows a letter.
pub(super) async fn letter(letters: &DeadLetters, id: EntryId) -> anyhow::Result<()> {
    let letter = letters.get(id).await.context("Redis")?;
    let letter = letter.with_context(|| format!("{} has no dead letter {id}", letters.stream()))?;
    terminal::say(&render(letters.stream(), &letter)?);
    Ok(())
}

fn render(stream: &str, letter: &DeadLetter) -> anyhow::Result<String> {
    let head = &letter.head;
    let mut text = format!(
        "letter   {}\nstream   {stream}\nentry    {}\ngroup    {}\nreason   {}\nerror    {}\ntries    {}\n",
        head.id,
        head.entry,
        head.group,
        head.reason,
        head.error.escape_debug(),
        head.attempts
    );
    for (name, value) in &letter.original {
        text.push_str(&format!("\n{} ({} bytes)\n{}\n", name.escape_ascii(), value.len(), content(name, value)?));
    }
    Ok(text)
}

/// The message in a field as protobuf text, or the beginning of its bytes.
fn content(field: &[u8], value: &Bytes) -> anyhow::Result<String> {
    let pool = DescriptorPool::decode(curtail_proto::FILE_DESCRIPTOR_SET).context("the contracts")?;
    let kind = KINDS.iter().find(|(name, _)| name.as_bytes() == field);
    let message = kind.and_then(|(_, kind)| pool.get_message_by_name(kind));
    if let Some(Ok(mut message)) = message.map(|message| DynamicMessage::decode(message, value.clone())) {
        mask(&mut message);
        let options = FormatOptions::new().pretty(true).skip_unknown_fields(false);
        return Ok(message.to_text_format_with_options(&options));
    }
    let more = if value.len() > GLIMPSE { " …" } else { "" };
    Ok(format!("{}{more}", value[..value.len().min(GLIMPSE)].escape_ascii()))
}

/// Hides what would let the reader into someone's account.
fn mask(message: &mut DynamicMessage) {
    for (field, value) in message.fields_mut() {
        match value {
            Value::String(text) if field.name() == "token" => *text = "(hidden)".to_owned(),
            Value::Message(inner) => mask(inner),
            Value::List(items) => items.iter_mut().filter_map(Value::as_message_mut).for_each(mask),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{EmailVerificationRequested, Envelope, envelope::Payload};
    use prost::Message as _;

    use super::*;

    fn shown(field: &str, value: impl Into<Bytes>) -> String {
        content(field.as_bytes(), &value.into()).unwrap()
    }

    #[test]
    fn an_event_is_shown_by_name_without_its_token() {
        let mail = EmailVerificationRequested {
            email: "ann@example.org".to_owned(),
            token: "let-me-in".to_owned(),
            ..Default::default()
        };
        let payload = Some(Payload::EmailVerificationRequested(mail));
        let text = shown("e", Envelope { workspace_id: 7, payload, ..Envelope::default() }.encode_to_vec());
        assert!(text.contains("workspace_id: 7") && text.contains("email: \"ann@example.org\""), "{text}");
        assert!(text.contains("token: \"(hidden)\"") && !text.contains("let-me-in"), "{text}");
    }

    #[test]
    fn what_can_not_be_read_is_shown_as_bytes_that_harm_no_terminal() {
        assert_eq!(shown("e", &b"\xff\x1b[2J"[..]), "\\xff\\x1b[2J");
        assert_eq!(shown("other", vec![b'a'; 257]), format!("{} …", "a".repeat(256)));
        assert_eq!(shown("other", vec![b'a'; 256]), "a".repeat(256));
    }
}
