//! Changes of links.

use sqlx::PgExecutor;

use super::{columns, row};
use crate::link::Link;

/// Writes a link. The caller holds the row's lock and has increased the version.
pub async fn write(conn: impl PgExecutor<'_>, link: &Link) -> Result<(), sqlx::Error> {
    write_all(conn, [link]).await
}

/// Writes many links. The caller holds the locks of their rows and has increased their versions.
pub async fn write_all<'a>(
    conn: impl PgExecutor<'_>,
    links: impl IntoIterator<Item = &'a Link>,
) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "UPDATE links l SET (",
        columns!(""),
        ") = ROW(",
        columns!("r."),
        ") FROM jsonb_populate_recordset(NULL::links, $1) r WHERE l.id = r.id"
    ))
    .bind(row::rows(links))
    .execute(conn)
    .await?;
    Ok(())
}
