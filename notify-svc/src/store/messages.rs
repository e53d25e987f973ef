//! Table `messages`.

use sqlx::{PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};

/// How a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub enum Medium {
    /// By mail.
    Mail = 1,
    /// As a text message; the address is a telephone number.
    Text = 2,
}

/// A message as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// 16 bytes: a hash of event, kind and recipient.
    pub id: Vec<u8>,
    /// How it goes.
    pub medium: Medium,
    /// Name of the kind.
    pub kind: String,
    /// The account it goes to, if there is one.
    pub user_id: Option<i64>,
    /// The workspace it is about; 0: none.
    pub workspace_id: i64,
    /// Where it goes: an address for mail, or a telephone number.
    pub address: String,
    /// The name of whom it goes to.
    pub full_name: String,
    /// What the templates need.
    pub data: serde_json::Value,
    /// Tries that ended with an answer.
    pub attempts: i32,
    /// When the reason for it arose.
    pub created_at: OffsetDateTime,
    /// What the last try ended with.
    pub error: String,
}

impl Row {
    /// The id as 32 hexadecimal digits.
    pub fn hex_id(&self) -> String {
        self.id.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The name of the message's file in a mailbox, `20261121T120000Z-<kind>-<id>`: the instant is that of the reason for it.
    pub fn file(&self) -> String {
        let (date, time) = (self.created_at.date(), self.created_at.time());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let (hour, minute, second) = time.as_hms();
        let (kind, id) = (&self.kind, self.hex_id());
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z-{kind}-{id}")
    }
}

const COLUMNS: &str = "id, medium, kind, user_id, workspace_id, address, full_name, data, attempts, created_at, error";

/// Adds messages, due at once. Those that are known already stay as they are.
pub async fn add(db: impl PgExecutor<'_>, rows: &[Row], now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    if rows.is_empty() {
        return Ok(0);
    }
    let mut query = sqlx::QueryBuilder::new(
        "INSERT INTO messages (id, medium, kind, user_id, workspace_id, address, full_name, data, due_at, created_at) ",
    );
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(&row.id)
            .push_bind(row.medium)
            .push_bind(&row.kind)
            .push_bind(row.user_id)
            .push_bind(row.workspace_id)
            .push_bind(&row.address)
            .push_bind(&row.full_name)
            .push_bind(&row.data)
            .push_bind(now)
            .push_bind(row.created_at);
    });
    query.push(" ON CONFLICT (id) DO NOTHING");
    Ok(query.build().execute(db).await?.rows_affected())
}

/// Takes up to `most` messages of a medium that are due. No one else gets them before `lease` is over.
pub async fn claim(
    pool: &PgPool,
    medium: Medium,
    most: usize,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Vec<Row>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "UPDATE messages SET due_at = $2 WHERE id IN ( \
             SELECT id FROM messages WHERE state = 1 AND medium = $4 AND due_at <= $1 \
             ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
         RETURNING {COLUMNS}"
    ));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    sqlx::query_as(query).bind(now).bind(now + lease).bind(most).bind(medium).fetch_all(pool).await
}

/// It is out. What it said and to whom is forgotten: the id is enough to know it again.
pub async fn sent(db: impl PgExecutor<'_>, id: &[u8], now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET state = 2, data = '{}', address = '', full_name = '', error = '', done_at = $2 \
         WHERE id = $1 AND state = 1",
    )
    .bind(id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// It is tried again at `due_at`. `counted`: whether the try counts.
pub async fn again(
    db: impl PgExecutor<'_>,
    id: &[u8],
    due_at: OffsetDateTime,
    counted: bool,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE messages SET due_at = $2, attempts = attempts + $3, error = $4 WHERE id = $1 AND state = 1")
        .bind(id)
        .bind(due_at)
        .bind(i32::from(counted))
        .bind(error)
        .execute(db)
        .await?;
    Ok(())
}

/// It is given up, until someone redrives it.
pub async fn dead(db: impl PgExecutor<'_>, id: &[u8], now: OffsetDateTime, error: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET state = 3, attempts = attempts + 1, error = $3, done_at = $2 WHERE id = $1 AND state = 1",
    )
    .bind(id)
    .bind(now)
    .bind(error)
    .execute(db)
    .await?;
    Ok(())
}

/// Those that were given up, the latest first.
pub async fn list_dead(pool: &PgPool, most: i64) -> Result<Vec<Row>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM messages WHERE state = 3 ORDER BY done_at DESC, id LIMIT $1"
    ));
    sqlx::query_as(query).bind(most).fetch_all(pool).await
}

/// Makes given-up ones due again: that of an id, or all. Their age counts from now on.
pub async fn redrive(pool: &PgPool, id: Option<&[u8]>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE messages SET state = 1, attempts = 0, due_at = $2, created_at = $2, done_at = NULL \
         WHERE state = 3 AND ($1::bytea IS NULL OR id = $1)",
    )
    .bind(id)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Takes back the text messages of a user that are not out, for good.
pub async fn withdraw_texts(db: impl PgExecutor<'_>, user_id: i64, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET state = 4, data = '{}', address = '', error = '', done_at = coalesce(done_at, $2) \
         WHERE user_id = $1 AND medium = $3 AND state IN (1, 3)",
    )
    .bind(user_id)
    .bind(now)
    .bind(Medium::Text)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets everything about a user, about workspaces and about whom the user invited, but that the messages existed.
pub async fn erase(pool: &PgPool, user_id: i64, workspaces: &[i64], now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET state = 4, data = '{}', address = '', full_name = '', error = '', user_id = NULL, \
             done_at = coalesce(done_at, $3) \
         WHERE user_id = $1 OR workspace_id = ANY($2) \
             OR (state IN (1, 3) AND kind = 'invitation' AND data -> 'inviter_id' = to_jsonb($1))",
    )
    .bind(user_id)
    .bind(workspaces)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes what was done with before `before`, at most `most` rows; how many there were.
pub async fn purge(pool: &PgPool, before: OffsetDateTime, most: i64) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE state <> 1 AND done_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(most)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// How many wait, and how many were given up.
pub async fn count(pool: &PgPool) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as("SELECT count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 3) FROM messages WHERE state IN (1, 3)")
        .fetch_one(pool)
        .await
}
