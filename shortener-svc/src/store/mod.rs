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
pub mod tags;
pub mod update;
pub mod upkeep;
pub mod usage;

/// The columns of [`crate::link::Link`], from `links l`. Tags of a link always have a row in `tags`.
macro_rules! link_columns {
    () => {
        "l.id, l.workspace_id, l.creator_id, l.domain, l.code, l.url, l.title, l.description, l.notes, l.external_id, \
         l.tags, case when l.tags = '{}' then l.tags else array(select t.color from tags t \
         where t.workspace_id = l.workspace_id and t.name = any(l.tags) \
         order by array_position(l.tags, t.name)) end as tag_colors, l.version, l.updated_at, l.starts_at, \
         l.expires_at, l.max_clicks, l.used_clicks, l.redirect_status, l.forward_query, l.fallback_url, l.disabled, \
         l.block_reason, l.deleted_at"
    };
}
pub(crate) use link_columns;
