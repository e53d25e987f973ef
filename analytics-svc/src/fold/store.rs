//! Writes what was counted of a day.

use sqlx::{AssertSqlSafe, PgConnection};
use time::Date;

use super::packed::{DayValues, HourValues, Packed as _};
use super::subject::Columns;
use crate::query::dimension::COLUMNS;

/// A link of a workspace, or the whole of it (link 0), with its packed columns.
pub struct Folded {
    /// The workspace.
    pub workspace_id: i64,
    /// The link.
    pub link_id: i64,
    /// Its day.
    pub packed: Columns,
}

/// Writes both tables; what was there of the same links and day is replaced.
pub async fn write(connection: &mut PgConnection, day: Date, rows: Vec<Folded>) -> Result<(), sqlx::Error> {
    let workspaces: Vec<i64> = rows.iter().map(|row| row.workspace_id).collect();
    let links: Vec<i64> = rows.iter().map(|row| row.link_id).collect();
    let (days, hours): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.packed.days, row.packed.hours)).unzip();
    for (table, packed) in [(DayValues::TABLE, days), (HourValues::TABLE, hours)] {
        let sql = AssertSqlSafe(upsert(table));
        let mut query = sqlx::query(sql).bind(&workspaces).bind(&links).bind(day);
        for column in columns(packed) {
            query = query.bind(column);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// From a list for each row to a list for each column.
fn columns(rows: Vec<Vec<Vec<u8>>>) -> Vec<Vec<Vec<u8>>> {
    let mut columns = vec![Vec::with_capacity(rows.len()); COLUMNS.len()];
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, packed)| column.push(packed));
    }
    columns
}

fn upsert(table: &str) -> String {
    let names = COLUMNS.map(|(_, name)| name).join(", ");
    let arrays = (4..4 + COLUMNS.len()).map(|n| format!("${n}::bytea[]")).collect::<Vec<_>>().join(", ");
    let replaced = COLUMNS.map(|(_, name)| format!("{name} = excluded.{name}")).join(", ");
    format!(
        "INSERT INTO {table} (workspace_id, link_id, day, {names}) SELECT workspace_id, link_id, $3, {names} \
         FROM unnest($1::bigint[], $2::bigint[], {arrays}) AS packed (workspace_id, link_id, {names}) \
         ON CONFLICT (workspace_id, link_id, day) DO UPDATE SET {replaced}"
    )
}
