//! Partitions made ahead of time.
//!
//! Tables are partitioned by range without a default partition: a row that fits nowhere is an error that is seen, where a
//! default partition would fill silently and block making the right one. Making a partition never blocks readers or
//! writers of the table: the new table is built apart and attached, which takes a light lock.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use time::{Date, Month, OffsetDateTime, Time};

/// Makes the missing monthly partitions of `table`, whose key is a Snowflake id, from the month of `from` to the month of
/// `through`, and returns how many. `first_id_at` gives the least id of an instant (`curtail_ids::first_id_at`).
///
/// Partitions are named `<table>_YYYYMM`. Calls may run at the same time in many processes.
pub async fn ensure_monthly_by_id(
    connection: &mut PgConnection,
    table: &str,
    from: Date,
    through: Date,
    first_id_at: impl Fn(OffsetDateTime) -> i64,
) -> Result<u32, sqlx::Error> {
    let mut made = 0;
    let mut month = first_of_month(from);
    while month <= through {
        let next = next_month(month);
        let name = format!("{table}_{:04}{:02}", month.year(), u8::from(month.month()));
        let (low, high) = (first_id_at(midnight(month)), first_id_at(midnight(next)));
        made += ensure(connection, table, &name, &format!("FROM ({low}) TO ({high})")).await?;
        month = next;
    }
    Ok(made)
}

/// Makes the missing daily partitions (UTC) of `table`, whose key is a `timestamptz`, from `from` to `through`, both
/// included, and returns how many.
///
/// Partitions are named `<table>_YYYYMMDD`. Calls may run at the same time in many processes.
pub async fn ensure_daily(
    connection: &mut PgConnection,
    table: &str,
    from: Date,
    through: Date,
) -> Result<u32, sqlx::Error> {
    let mut made = 0;
    let mut day = Some(from);
    while let Some(today) = day.filter(|day| *day <= through) {
        let Some(tomorrow) = today.next_day() else { break };
        let name = format!("{table}_{:04}{:02}{:02}", today.year(), u8::from(today.month()), today.day());
        let range = format!("FROM ('{today} 00:00+00') TO ('{tomorrow} 00:00+00')");
        made += ensure(connection, table, &name, &range).await?;
        day = Some(tomorrow);
    }
    Ok(made)
}

/// Builds the parts of `index` that partitions of `table` lack and returns how many. The index was made on the parent alone
/// (`CREATE INDEX … ON ONLY`); partitions that are made later have it from the start.
///
/// Each part is built concurrently: no one waits, but the connection must be in no transaction and needs time
/// (`statement_timeout`). While another process builds on this table, that is left to it.
pub async fn ensure_index(connection: &mut PgConnection, table: &str, index: &str) -> Result<u32, sqlx::Error> {
    let definition: String =
        sqlx::query_scalar("SELECT pg_get_indexdef($1::regclass)").bind(index).fetch_one(&mut *connection).await?;
    let Some(place) = definition.find(" USING ") else { return Ok(0) };
    let lacking: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = $1::regclass AND NOT EXISTS (
             SELECT FROM pg_inherits part JOIN pg_index x ON x.indexrelid = part.inhrelid
             WHERE part.inhparent = $2::regclass AND x.indrelid = c.oid
         ) ORDER BY 1",
    )
    .bind(table)
    .bind(index)
    .fetch_all(&mut *connection)
    .await?;
    let lock = "SELECT pg_try_advisory_lock(hashtextextended('index ' || current_schema() || '.' || $1, 0))";
    if lacking.is_empty() || !sqlx::query_scalar::<_, bool>(lock).bind(table).fetch_one(&mut *connection).await? {
        return Ok(0);
    }
    for partition in &lacking {
        let part = format!("{partition}_{index}");
        for statement in [
            // What a build that was interrupted left behind is of no use.
            format!("DROP INDEX CONCURRENTLY IF EXISTS {part}"),
            format!("CREATE INDEX CONCURRENTLY {part} ON {partition}{}", &definition[place..]),
            format!("ALTER INDEX {index} ATTACH PARTITION {part}"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    let unlock = "SELECT pg_advisory_unlock(hashtextextended('index ' || current_schema() || '.' || $1, 0))";
    sqlx::query(unlock).bind(table).execute(&mut *connection).await?;
    Ok(u32::try_from(lacking.len()).unwrap_or(u32::MAX))
}

/// The first day of the month `months` after the one of `day`; a negative number goes back.
pub fn month_after(day: Date, months: i32) -> Date {
    let mut month = first_of_month(day);
    for _ in 0..months.abs() {
        month = if months > 0 { next_month(month) } else { first_of_month(month.previous_day().unwrap_or(month)) };
    }
    month
}

async fn ensure(connection: &mut PgConnection, table: &str, name: &str, range: &str) -> Result<u32, sqlx::Error> {
    if exists(connection, name).await? {
        return Ok(0);
    }
    let mut tx = connection.begin().await?;
    // No one should queue behind this for long; the next round tries again.
    sqlx::query("SET LOCAL lock_timeout = '2s'").execute(&mut *tx).await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('partitions ' || current_schema() || '.' || $1, 0))")
        .bind(table)
        .execute(&mut *tx)
        .await?;
    if exists(&mut tx, name).await? {
        return Ok(0);
    }
    for statement in [
        // A partition may not have an identity of its own: the parent's hands out the numbers.
        format!("CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)"),
        format!("ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {range}"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(1)
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    // Not to_regclass(): within a transaction it may answer from a cache filled before the lock was ours.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = current_schema()::regnamespace)",
    )
    .bind(name)
    .fetch_one(connection)
    .await
}

fn midnight(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_utc()
}

fn first_of_month(day: Date) -> Date {
    day.replace_day(1).expect("every month has a first day")
}

fn next_month(first: Date) -> Date {
    let (year, month) = match first.month() {
        Month::December => (first.year() + 1, Month::January),
        month => (first.year(), month.next()),
    };
    Date::from_calendar_date(year, month, 1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn months_roll_over_the_year() {
        assert_eq!(month_after(date!(2026 - 11 - 30), 0), date!(2026 - 11 - 01));
        assert_eq!(month_after(date!(2026 - 11 - 30), 2), date!(2027 - 01 - 01));
        assert_eq!(month_after(date!(2026 - 01 - 31), -1), date!(2025 - 12 - 01));
        assert_eq!(month_after(date!(2026 - 03 - 31), -13), date!(2025 - 02 - 01));
    }
}
