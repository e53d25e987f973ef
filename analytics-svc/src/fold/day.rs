//! Folds the clicks of some workspaces in one day.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _};
use time::{Date, OffsetDateTime};

use super::stale;
use super::store::{self, Folded};
use super::subject::{Click, Subject};
use crate::query::dimension::{COLUMNS, expression};

/// The most workspaces of one transaction.
const WORKSPACES: i64 = 50;

/// Clicks that are fetched at once.
const CLICKS: usize = 10_000;

/// Rows that are written at once.
const ROWS: usize = 200;

/// Folds a portion of what is stale on the day, in one transaction: whoever is killed in it has done nothing. Returns the
/// clicks that were folded; `None` when nothing is left or someone else is at the day.
pub async fn portion(pool: &PgPool, day: Date, wait_ms: i64) -> Result<Option<u64>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut tx = connection.begin().await?;
    let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended('fold clicks ' || $1, 0))")
        .bind(day.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if !mine {
        return Ok(None);
    }
    // The marks are read before the clicks: of clicks that come in between, the marks are not taken off.
    let stale = stale::workspaces(&mut tx, day, wait_ms, WORKSPACES).await?;
    if stale.is_empty() {
        return Ok(None);
    }
    // Sorting the clicks of a large workspace may take longer than a question is given.
    sqlx::query(
        "SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true), \
         set_config('cursor_tuple_fraction', '1', true), set_config('jit', 'off', true)",
    )
    .execute(&mut *tx)
    .await?;
    let workspaces: Vec<i64> = stale.iter().map(|stale| stale.workspace_id).collect();
    let clicks = pass(&mut tx, day, &workspaces, Of::Link).await?;
    pass(&mut tx, day, &workspaces, Of::Workspace).await?;
    stale::clear(&mut tx, day, &stale).await?;
    tx.commit().await?;
    Ok(Some(clicks))
}

/// What a pass over the clicks adds up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Link,
    Workspace,
}

/// Reads the clicks subject by subject, of each visitor by visitor, and writes a row for each subject. Returns the number of
/// clicks.
async fn pass(connection: &mut PgConnection, day: Date, workspaces: &[i64], of: Of) -> Result<u64, sqlx::Error> {
    let start = day.midnight().assume_utc();
    sqlx::query(AssertSqlSafe(declare(of)))
        .bind(start)
        .bind(start + time::Duration::DAY)
        .bind(workspaces)
        .execute(&mut *connection)
        .await?;
    let fetch = format!("FETCH {CLICKS} FROM folding");
    let (mut clicks, mut folder) = (0, Folder::default());
    loop {
        let rows = sqlx::query(AssertSqlSafe(fetch.clone())).fetch_all(&mut *connection).await?;
        for row in &rows {
            folder.add(row, of, start)?;
            if folder.done.len() >= ROWS {
                store::write(connection, day, std::mem::take(&mut folder.done)).await?;
            }
        }
        clicks += rows.len() as u64;
        if rows.len() < CLICKS {
            break;
        }
    }
    folder.end();
    store::write(connection, day, folder.done).await?;
    sqlx::query("CLOSE folding").execute(connection).await?;
    Ok(clicks)
}

fn declare(of: Of) -> String {
    let values = COLUMNS.map(|(dimension, _)| expression(dimension).unwrap_or("''")).join(", ");
    let subject = if of == Of::Link { "c.link_id, " } else { "" };
    format!(
        "DECLARE folding NO SCROLL CURSOR FOR SELECT workspace_id, link_id, at, visitor, bot, {values} FROM clicks c \
         WHERE at >= $1 AND at < $2 AND workspace_id = ANY($3) ORDER BY c.workspace_id, {subject}c.visitor, c.at"
    )
}

/// Adds up one subject after the other.
#[derive(Default)]
struct Folder {
    /// Workspace and link of the open one.
    subject: Option<(i64, i64)>,
    counts: Subject,
    done: Vec<Folded>,
}

impl Folder {
    fn add(&mut self, row: &PgRow, of: Of, start: OffsetDateTime) -> Result<(), sqlx::Error> {
        let (workspace, link): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let subject = (workspace, if of == Of::Link { link } else { 0 });
        if self.subject != Some(subject) {
            self.end();
            self.subject = Some(subject);
        }
        let at: OffsetDateTime = row.try_get(2)?;
        let mut values = [""; COLUMNS.len()];
        for (place, value) in values.iter_mut().enumerate() {
            *value = row.try_get(5 + place)?;
        }
        let ms = (at - start).whole_milliseconds() as u32;
        self.counts.add(&Click { ms, human: !row.try_get::<bool, _>(4)?, visitor: row.try_get(3)?, values });
        Ok(())
    }

    /// The open subject has no more clicks.
    fn end(&mut self) {
        if let Some((workspace_id, link_id)) = self.subject.take() {
            let packed = self.counts.take();
            self.done.push(Folded { workspace_id, link_id, packed });
        }
    }
}
