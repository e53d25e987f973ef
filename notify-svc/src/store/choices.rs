//! Table `choices`.

use std::collections::HashMap;

use sqlx::PgPool;
use time::OffsetDateTime;

/// What an owner chose about a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Choice {
    /// Whether its mails are wanted.
    pub wanted: bool,
    /// Whether its text messages are; `None`: never chosen.
    pub texted: Option<bool>,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    #[sqlx(flatten)]
    choice: Choice,
}

/// What an owner chose, by name of the kind.
pub async fn of(pool: &PgPool, owner: &str) -> Result<HashMap<String, Choice>, sqlx::Error> {
    let query = sqlx::query_as("SELECT kind, wanted, texted FROM choices WHERE owner = $1");
    let rows: Vec<Row> = query.bind(owner).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.choice)).collect())
}

/// Keeps the choices of an owner. Where `texted` is not chosen, it stays.
pub async fn put(
    pool: &PgPool,
    owner: &str,
    choices: &HashMap<&str, Choice>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let kinds: Vec<&str> = choices.keys().copied().collect();
    let wanted: Vec<bool> = choices.values().map(|choice| choice.wanted).collect();
    let texted: Vec<Option<bool>> = choices.values().map(|choice| choice.texted).collect();
    sqlx::query(
        "INSERT INTO choices (owner, kind, wanted, texted, changed_at) \
         SELECT $1, kind, wanted, texted, $5 FROM unnest($2::text[], $3::bool[], $4::bool[]) AS c (kind, wanted, texted) \
         ON CONFLICT (owner, kind) DO UPDATE SET wanted = excluded.wanted, \
             texted = coalesce(excluded.texted, choices.texted), changed_at = excluded.changed_at",
    )
    .bind(owner)
    .bind(kinds)
    .bind(wanted)
    .bind(texted)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether anybody has chosen mails of a kind.
pub async fn is_wanted(pool: &PgPool, kind: &str) -> Result<bool, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM choices WHERE kind = $1 AND wanted)");
    query.bind(kind).fetch_one(pool).await
}

/// Which mails of one kind each of many owners chose; those who never chose are left out.
pub async fn of_many(pool: &PgPool, owners: &[String], kind: &str) -> Result<Vec<(String, bool)>, sqlx::Error> {
    sqlx::query_as("SELECT owner, wanted FROM choices WHERE owner = ANY($1) AND kind = $2")
        .bind(owners)
        .bind(kind)
        .fetch_all(pool)
        .await
}

/// Forgets what an owner chose.
pub async fn erase(pool: &PgPool, owner: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM choices WHERE owner = $1").bind(owner).execute(pool).await?;
    Ok(())
}
