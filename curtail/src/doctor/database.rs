//! PostgreSQL: reached, new enough, migrated.

use sqlx::PgPool;

use super::Finding;
use crate::services;

/// The oldest major version that is supported.
const OLDEST: i32 = 15;

pub(super) async fn check(database: &curtail_config::Database) -> Vec<Finding> {
    let pool = match curtail_db::connect(database, "public").await {
        Ok(pool) => pool,
        Err(error) => return vec![away(&error)],
    };
    let version = match version(&pool).await {
        Ok(version) => version,
        Err(error) => return vec![away(&error)],
    };
    let mut findings = vec![if version < OLDEST {
        Finding::bad("database", format!("is PostgreSQL {version}"), format!("use PostgreSQL {OLDEST} or newer"))
    } else {
        Finding::good("database", format!("PostgreSQL {version}"))
    }];
    pool.close().await;
    for (schema, migrator) in services::schemas() {
        let name = format!("schema {schema}");
        let state = match curtail_db::connect(database, schema).await {
            Ok(pool) => curtail_db::require_migrated(&pool, migrator).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        findings.push(match state {
            Ok(()) => Finding::good(name, "up to date"),
            Err(error) => Finding::bad(name, error, "run `curtail migrate`"),
        });
    }
    findings
}

async fn version(pool: &PgPool) -> Result<i32, sqlx::Error> {
    let number: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(pool).await?;
    Ok(number / 10_000)
}

fn away(error: &sqlx::Error) -> Finding {
    Finding::bad("database", format!("can not be reached: {error}"), "start `curtail up`, or check DATABASE_URL")
}
