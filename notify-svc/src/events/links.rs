//! Mails about the links of a workspace.

use curtail_proto::events::v1::LinkSnapshot;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::links::v1::Link;
use serde_json::json;
use time::OffsetDateTime;

use super::{Malformed, Notice, To, rfc3339};
use crate::kind::Kind;

pub(super) fn notice(payload: &Payload, at: OffsetDateTime) -> Result<Option<Notice>, Malformed> {
    let (kind, snapshot) = match payload {
        Payload::LinkCreated(event) => (Kind::LinkCreated, &event.snapshot),
        Payload::LinkExpiring(event) => (Kind::LinkExpiring, &event.snapshot),
        Payload::LinkExpired(event) => (Kind::LinkExpired, &event.snapshot),
        _ => return Ok(None),
    };
    let link = link(snapshot).ok_or(Malformed("snapshot"))?;
    let mut data = json!({"title": title(link), "short_url": link.short_url});
    match kind {
        Kind::LinkExpiring => {
            data["expires_at"] =
                rfc3339(curtail_proto::instant(link.expires_at).ok_or(Malformed("expires_at"))?).into();
        }
        Kind::LinkExpired => {
            data["at"] = rfc3339(at).into();
            data["clicks"] = link.used_clicks.into();
            data["exhausted"] = (link.max_clicks > 0 && link.used_clicks >= link.max_clicks).into();
        }
        _ => data["at"] = rfc3339(at).into(),
    }
    Ok(Some(Notice { kind, to: To::Members, data }))
}

/// What people call a link: its title or, without one, its code.
pub(super) fn title(link: &Link) -> String {
    if link.title.trim().is_empty() { format!("/{}", link.code) } else { link.title.clone() }
}

fn link(snapshot: &Option<LinkSnapshot>) -> Option<&Link> {
    snapshot.as_ref()?.link.as_ref()
}
