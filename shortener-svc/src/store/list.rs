//! Pages of a workspace's links.

use curtail_proto::links::v1::LinkSort;
use sqlx::{PgExecutor, Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::link_columns;
use crate::cursor::{Cursor, Key};
use crate::link::{Link, state};

/// Which links, in which order, from where on.
#[derive(Debug)]
pub struct Page {
    /// The workspace.
    pub workspace: i64,
    /// Names of tags that a link must all carry.
    pub tags: Vec<String>,
    /// Numbers of [`curtail_proto::links::v1::LinkState`]. Empty: all but deleted ones.
    pub states: Vec<i32>,
    /// The least id, by time of creation.
    pub from_id: Option<i64>,
    /// The least id that is too young.
    pub until_id: Option<i64>,
    /// The domain.
    pub domain: Option<String>,
    /// Who made it.
    pub creator: Option<i64>,
    /// The destination in stored form.
    pub url: Option<String>,
    /// The order.
    pub sort: LinkSort,
    /// The place to go on from.
    pub after: Option<Cursor>,
    /// Towards the beginning of the order.
    pub backwards: bool,
    /// How many links at most.
    pub rows: i64,
    /// The time that states are meant for.
    pub now: OffsetDateTime,
}

/// The links of a page in the direction walked: backwards, the nearest to the cursor come first.
pub async fn page(conn: impl PgExecutor<'_>, page: &Page) -> Result<Vec<Link>, sqlx::Error> {
    let mut query = QueryBuilder::new(concat!("select ", link_columns!(), " from links l where l.workspace_id = "));
    query.push_bind(page.workspace);
    push_filter(&mut query, page);
    push_place(&mut query, page);
    query.push(" limit ").push_bind(page.rows);
    query.build_query_as().fetch_all(conn).await
}

/// The ids of a page, in the same order.
pub async fn ids(conn: impl PgExecutor<'_>, page: &Page) -> Result<Vec<i64>, sqlx::Error> {
    let mut query = QueryBuilder::new("SELECT l.id FROM links l WHERE l.workspace_id = ");
    query.push_bind(page.workspace);
    push_filter(&mut query, page);
    push_place(&mut query, page);
    query.push(" LIMIT ").push_bind(page.rows);
    query.build_query_scalar().fetch_all(conn).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, page: &Page) {
    if !page.tags.is_empty() {
        // The second condition lets the partial index be used.
        query.push(" and l.tags @> ").push_bind(page.tags.clone()).push(" and l.tags <> '{}'");
    }
    if page.states.is_empty() {
        query.push(" and l.deleted_at is null");
    } else {
        let [first, second, third] = state::SQL_BEFORE_NOW;
        query.push(" and (").push(first).push_bind(page.now).push(second).push_bind(page.now).push(third);
        query.push(") = any(").push_bind(page.states.clone()).push(")");
    }
    if let Some(id) = page.from_id {
        query.push(" and l.id >= ").push_bind(id);
    }
    if let Some(id) = page.until_id {
        query.push(" and l.id < ").push_bind(id);
    }
    if let Some(domain) = &page.domain {
        query.push(" and l.domain = ").push_bind(domain.clone());
    }
    if let Some(creator) = page.creator {
        query.push(" and l.creator_id = ").push_bind(creator);
    }
    if let Some(url) = &page.url {
        query.push(" and l.url_hash = ").push_bind(crate::destination::hash(url));
        query.push(" and l.url = ").push_bind(url.clone());
    }
}

/// The condition and the order that continue after the cursor.
fn push_place(query: &mut QueryBuilder<Postgres>, page: &Page) {
    let descending = matches!(page.sort, LinkSort::CreatedDesc | LinkSort::UpdatedDesc) != page.backwards;
    let (operator, direction) = if descending { (" < ", " desc") } else { (" > ", "") };
    let column = match page.sort {
        LinkSort::UpdatedDesc => Some("l.updated_at"),
        LinkSort::TitleAsc => Some("l.title collate \"C\""),
        _ => None,
    };
    if let Some(cursor) = &page.after {
        match (&cursor.key, column) {
            (Key::Updated(micros), Some(column)) => {
                query.push(" and (").push(column).push(", l.id)").push(operator).push("(");
                query.push_bind(micros_to_time(*micros)).push(", ").push_bind(cursor.id).push(")");
            }
            (Key::Title(title), Some(column)) => {
                query.push(" and (").push(column).push(", l.id)").push(operator).push("(");
                query.push_bind(title.clone()).push(" collate \"C\", ").push_bind(cursor.id).push(")");
            }
            _ => {
                query.push(" and l.id").push(operator).push_bind(cursor.id);
            }
        }
    }
    query.push(" order by ");
    if let Some(column) = column {
        query.push(column).push(direction).push(", ");
    }
    query.push("l.id").push(direction);
}

/// Nonsense from a forged cursor becomes the nearest time there is.
fn micros_to_time(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
