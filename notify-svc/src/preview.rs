//! Every message with made-up data, for those who write templates.

use crate::kind::Kind;
use crate::mail::{Composer, Recipient, Rendered, templates};
use crate::preferences::Owner;
use crate::text;

/// The mail of a kind as it would look with the data of its `example.json`.
///
/// # Errors
/// When the example does not fit the template, which a test excludes.
pub fn mail(composer: &Composer, kind: Kind) -> anyhow::Result<Rendered> {
    let data = serde_json::from_str(templates::example(kind))?;
    let recipient = Recipient::new("ada@example.com", "Ada Lovelace")?;
    let page = (!kind.is_required()).then(|| composer.page(&Owner::User(1), kind));
    Ok(composer.words(kind, &recipient, data, page.as_deref())?)
}

/// The text message of a kind with the same data; `None` when there is none of this kind.
///
/// # Errors
/// When the example does not fit the template, which a test excludes.
pub fn text(kind: Kind) -> anyhow::Result<Option<String>> {
    if !kind.has_text() {
        return Ok(None);
    }
    let data = serde_json::from_str(templates::example(kind))?;
    Ok(Some(text::Composer::new()?.words(kind.name(), &data)?))
}
