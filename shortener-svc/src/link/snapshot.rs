//! A link as others see it.

use curtail_proto::links::v1::{Link as LinkMessage, Tag, Target};
use time::OffsetDateTime;

use super::{Link, state, time_field::write};
use crate::domains::Domains;

/// The link for clients, in its state at `now`.
pub fn message(link: &Link, domains: &Domains, now: OffsetDateTime) -> LinkMessage {
    LinkMessage {
        id: link.id,
        workspace_id: link.workspace_id,
        creator_id: link.creator_id,
        domain: link.domain.clone(),
        code: link.code.clone(),
        short_url: domains.short_url(&link.domain, &link.code),
        url: link.url.clone(),
        title: link.title.clone(),
        description: link.description.clone(),
        notes: link.notes.clone(),
        external_id: link.external_id.clone(),
        tags: link.tags.iter().zip(&link.tag_colors).map(|(name, color)| tag(name, color)).collect(),
        state: state::at(link, now).into(),
        version: link.version,
        created_at: Some(write(curtail_ids::time_of(link.id))),
        updated_at: Some(write(link.updated_at)),
        starts_at: link.starts_at.map(write),
        expires_at: link.expires_at.map(write),
        max_clicks: link.max_clicks.cast_unsigned(),
        used_clicks: link.used_clicks.cast_unsigned(),
        redirect_status: link.redirect_status.cast_unsigned().into(),
        forward_query: link.forward_query,
        fallback_url: link.fallback_url.clone(),
        disabled: link.disabled,
        deleted_at: link.deleted_at.map(write),
        block_reason: link.block_reason.clone().unwrap_or_default(),
    }
}

/// What redirectors keep of it.
pub fn target(link: &Link) -> Target {
    Target {
        link_id: link.id,
        workspace_id: link.workspace_id,
        domain: link.domain.clone(),
        code: link.code.clone(),
        version: link.version,
        url: link.url.clone(),
        redirect_status: link.redirect_status.cast_unsigned().into(),
        forward_query: link.forward_query,
        fallback_url: link.fallback_url.clone(),
        // Rounded up: a link neither starts nor ends early.
        starts_at_ms: link.starts_at.map_or(0, millis_up),
        expires_at_ms: link.expires_at.map_or(0, millis_up),
        max_clicks: link.max_clicks.cast_unsigned(),
        state: state::lasting(link).into(),
        block_reason: link.block_reason.clone().unwrap_or_default(),
    }
}

fn tag(name: &str, color: &str) -> Tag {
    Tag { name: name.to_owned(), color: color.to_owned(), link_count: 0 }
}

fn millis_up(at: OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp() * 1_000_000 + i64::from(at.microsecond());
    // 0 means "none" on the wire.
    (micros.div_euclid(1_000) + i64::from(micros.rem_euclid(1_000) > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn milliseconds_round_up() {
        assert_eq!(millis_up(datetime!(1970-01-01 0:00 UTC)), 1);
        assert_eq!(millis_up(datetime!(1970-01-01 0:00:01.5 UTC)), 1_500);
        assert_eq!(millis_up(datetime!(1970-01-01 0:00:01.500001 UTC)), 1_501);
    }
}
