//! A link as JSON for `jsonb_populate_recordset(NULL::links, …)`: one parameter carries whole rows, with their arrays of tags.

use serde::Serialize;
use sqlx::types::Json;

use crate::destination;
use crate::link::Link;

/// A row of `links`.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    #[serde(flatten)]
    link: &'a Link,
    url_hash: i64,
}

/// Rows as one parameter of a statement.
pub fn rows<'a>(links: impl IntoIterator<Item = &'a Link>) -> Json<Vec<Row<'a>>> {
    let row = |link: &'a Link| Row { link, url_hash: destination::hash(&link.url) };
    Json(links.into_iter().map(row).collect())
}
