//! Migrations of one service's schema.

use std::time::{Duration, Instant};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::{connect, is_unavailable};

/// How long a migration waits for another process that migrates the same schema.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// How long a statement of a migration waits for a lock on a table before it gives up: behind one that waits, every
/// later statement on the table waits too.
const LOCK_TIMEOUT: &str = "5s";

/// A schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationFailed {
    /// Another process has been migrating the schema for a minute.
    #[error("schema {0} is being migrated by another process")]
    Busy(String),
    /// The database failed or is unavailable.
    #[error("the database failed while it was being migrated")]
    Database(#[from] sqlx::Error),
    /// A migration failed or does not match what was applied.
    #[error("a migration failed")]
    Migration(#[from] MigrateError),
}

/// Why a service may not use its schema.
#[derive(Debug, thiserror::Error)]
pub enum NotMigrated {
    /// Migrations that this program needs were not applied.
    #[error("the database lacks {missing} migrations of this version (the first is {first}): run `curtail migrate`")]
    Behind {
        /// How many are missing.
        missing: usize,
        /// Version number of the first one.
        first: i64,
    },
    /// A migration was changed after it had been applied.
    #[error("migration {0} in the database differs from the one in this program")]
    Changed(i64),
    /// The question could not be asked.
    #[error("the database did not say which migrations it has")]
    Unknown(#[source] sqlx::Error),
}

/// Creates `schema` when it is missing and applies what `migrator` has and the schema has not.
///
/// Safe to call from several processes at once: they take turns. The lock is tried, not awaited: a session that waits
/// inside a statement holds a snapshot, and `CREATE INDEX CONCURRENTLY` of the one that has the lock would wait for it.
/// The table of applied migrations, `_sqlx_migrations`, is in the schema itself.
pub async fn migrate(
    config: &curtail_config::Database,
    schema: &str,
    migrator: &Migrator,
) -> Result<(), MigrationFailed> {
    migrate_renamed(config, None, schema, migrator).await
}

/// As [`migrate`], for a schema that had another name in an earlier version. The old schema is renamed if it exists and the
/// new one does not. With both, nothing is renamed: the new one is in use already.
pub async fn migrate_renamed(
    config: &curtail_config::Database,
    old_name: Option<&str>,
    schema: &str,
    migrator: &Migrator,
) -> Result<(), MigrationFailed> {
    assert!(is_plain_name(schema), "a schema name is lower-case letters and underscores");
    let options = connect::options(config, schema)?.options([("lock_timeout", LOCK_TIMEOUT)]);
    let mut connection = PgConnection::connect_with(&options).await?;
    take_turn(&mut connection, schema).await?;
    if let Some(old_name) = old_name {
        rename(&mut connection, old_name, schema).await?;
    }
    sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {schema}"))).execute(&mut connection).await?;
    let mut migrator = Migrator::with_migrations(migrator.iter().cloned().collect());
    migrator.set_locking(false);
    migrator.run_direct(None, &mut connection, false).await?;
    // Ends the session and with it the lock.
    connection.close().await?;
    Ok(())
}

async fn rename(connection: &mut PgConnection, old_name: &str, schema: &str) -> Result<(), sqlx::Error> {
    assert!(is_plain_name(old_name), "a schema name is lower-case letters and underscores");
    let due: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL AND to_regnamespace($2) IS NULL")
        .bind(old_name)
        .bind(schema)
        .fetch_one(&mut *connection)
        .await?;
    if due {
        sqlx::query(AssertSqlSafe(format!("ALTER SCHEMA {old_name} RENAME TO {schema}"))).execute(connection).await?;
        tracing::info!(old_name, schema, "schema renamed");
    }
    Ok(())
}

async fn take_turn(connection: &mut PgConnection, schema: &str) -> Result<(), MigrationFailed> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('migrate ' || $1, 0))")
            .bind(schema)
            .fetch_one(&mut *connection)
            .await?;
        if ours {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(MigrationFailed::Busy(schema.to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn is_plain_name(schema: &str) -> bool {
    !schema.is_empty() && schema.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// Checks that every migration of `migrator` was applied to the schema of `pool`. Newer ones may be there too: the old
/// version of a service runs on while a new one is rolled out.
pub async fn require_migrated(pool: &PgPool, migrator: &Migrator) -> Result<(), NotMigrated> {
    let applied: Vec<(i64, Vec<u8>)> =
        match sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success").fetch_all(pool).await {
            Ok(applied) => applied,
            Err(error) if is_undefined_table(&error) => Vec::new(),
            Err(error) => return Err(NotMigrated::Unknown(error)),
        };
    let mut missing = Vec::new();
    for ours in migrator.iter().filter(|m| !m.migration_type.is_down_migration()) {
        match applied.iter().find(|(version, _)| *version == ours.version) {
            None => missing.push(ours.version),
            Some((_, checksum)) if *checksum != *ours.checksum => return Err(NotMigrated::Changed(ours.version)),
            Some(_) => {}
        }
    }
    match missing.first() {
        None => Ok(()),
        Some(&first) => Err(NotMigrated::Behind { missing: missing.len(), first }),
    }
}

/// As [`require_migrated`], but waits as long as the database is unavailable. For services: they start without it, not ready,
/// and end only when the schema is known to be wrong.
pub async fn wait_migrated(pool: &PgPool, migrator: &Migrator) -> Result<(), NotMigrated> {
    loop {
        match require_migrated(pool, migrator).await {
            Err(NotMigrated::Unknown(error)) if is_unavailable(&error) => {
                tracing::warn!(error = %error, "waiting for the database");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            result => return result,
        }
    }
}

fn is_undefined_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("42P01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_that_need_quoting_are_refused() {
        assert!(is_plain_name("links"));
        assert!(is_plain_name("url_links"));
        for name in ["", "Links", "links;", "li nks", "\"links\"", "links2"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
