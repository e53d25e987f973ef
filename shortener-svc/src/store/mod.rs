//! The SQL of the `links` schema. One file for each subject; nothing here decides anything.

pub mod archive;
pub mod clicks;
pub mod codes;
pub mod create;
pub mod create_many;
pub mod erasure;
pub mod expiry;
pub mod find;
pub mod idempotency;
pub mod list;
pub mod row;
pub mod update;
pub mod upkeep;
pub mod usage;

/// The columns that a link is written to and read from, each after `$prefix`. The one list of them.
macro_rules! columns {
    ($prefix:literal) => {
        concat!(
            $prefix,
            "id, ",
            $prefix,
            "workspace_id, ",
            $prefix,
            "creator_id, ",
            $prefix,
            "domain, ",
            $prefix,
            "code, ",
            $prefix,
            "url, ",
            $prefix,
            "url_hash, ",
            $prefix,
            "title, ",
            $prefix,
            "description, ",
            $prefix,
            "notes, ",
            $prefix,
            "external_id, ",
            $prefix,
            "tags, ",
            $prefix,
            "version, ",
            $prefix,
            "updated_at, ",
            $prefix,
            "starts_at, ",
            $prefix,
            "expires_at, ",
            $prefix,
            "max_clicks, ",
            $prefix,
            "used_clicks, ",
            $prefix,
            "redirect_status, ",
            $prefix,
            "forward_query, ",
            $prefix,
            "fallback_url, ",
            $prefix,
            "disabled, ",
            $prefix,
            "block_reason, ",
            $prefix,
            "deleted_at"
        )
    };
}
pub(crate) use columns;

/// The columns of [`crate::link::Link`], from `links l`. Tags of a link always have a row in `tags`.
macro_rules! link_columns {
    () => {
        concat!(
            crate::store::columns!("l."),
            ", CASE WHEN l.tags = '{}' THEN l.tags ELSE ARRAY(SELECT t.color FROM tags t
               WHERE t.workspace_id = l.workspace_id AND t.name = ANY(l.tags)
               ORDER BY array_position(l.tags, t.name)) END AS tag_colors"
        )
    };
}
pub(crate) use link_columns;
