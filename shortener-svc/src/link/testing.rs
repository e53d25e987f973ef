//! A link for unit tests.

use time::macros::datetime;

use super::Link;

/// A plain active link.
pub(crate) fn link() -> Link {
    Link {
        id: 1 << 40,
        workspace_id: 7,
        creator_id: 8,
        domain: "localhost".to_owned(),
        code: "abc".to_owned(),
        url: "https://site.example/".to_owned(),
        title: String::new(),
        description: String::new(),
        notes: String::new(),
        external_id: String::new(),
        tags: vec![],
        tag_colors: vec![],
        version: 1,
        updated_at: datetime!(2026-05-01 12:00 UTC),
        starts_at: None,
        expires_at: None,
        max_clicks: 0,
        used_clicks: 0,
        redirect_status: 302,
        forward_query: false,
        fallback_url: String::new(),
        disabled: false,
        block_reason: None,
        deleted_at: None,
    }
}
