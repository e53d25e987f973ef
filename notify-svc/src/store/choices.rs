//! Table `choices`.

use std::collections::HashMap;

use sqlx::PgPool;
use time::OffsetDateTime;

/// What an owner chose: names of kinds and whether they are wanted.
pub async fn of(pool: &PgPool, owner: &str) -> Result<Vec<(String, bool)>, sqlx::Error> {
    sqlx::query_as("SELECT kind, wanted FROM choices WHERE owner = $1").bind(owner).fetch_all(pool).await
}

/// Keeps the choices of an owner.
pub async fn put(
    pool: &PgPool,
    owner: &str,
    choices: &HashMap<&str, bool>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let (kinds, wanted): (Vec<&str>, Vec<bool>) = choices.iter().unzip();
    sqlx::query(
        "INSERT INTO choices (owner, kind, wanted, changed_at) \
         SELECT $1, kind, wanted, $4 FROM unnest($2::text[], $3::bool[]) AS c (kind, wanted) \
         ON CONFLICT (owner, kind) DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at",
    )
    .bind(owner)
    .bind(kinds)
    .bind(wanted)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// What each of many owners chose about one kind; those who never chose are left out.
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
