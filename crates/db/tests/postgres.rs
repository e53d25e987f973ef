//! The crate against a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::time::Duration;

use curtail_db::{NotMigrated, constraint, is_unavailable, outbox, partitions};
use curtail_proto::events::v1::Envelope;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use time::macros::{date, datetime};

static MIGRATOR: Migrator = sqlx::migrate!("tests/migrations");

async fn migrated() -> PgPool {
    let config = curtail_testkit::database().await;
    curtail_db::migrate(&config, "links", &MIGRATOR).await.expect("the test migrations apply");
    curtail_db::connect(&config, "links").await.expect("the URL parses")
}

fn envelope(n: u8) -> Envelope {
    Envelope { event_id: vec![n; 16], workspace_id: n.into(), ..Envelope::default() }
}

#[tokio::test]
async fn connections_see_their_schema_and_have_their_limits() {
    let mut config = curtail_testkit::database().await;
    config.statement_timeout_ms = 50;
    curtail_db::migrate(&config, "links", &MIGRATOR).await.unwrap();
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    let (schema, name): (String, String) =
        sqlx::query_as("SELECT current_schema(), current_setting('application_name')").fetch_one(&pool).await.unwrap();
    assert_eq!((schema.as_str(), name.as_str()), ("links", "links"));
    let slow = sqlx::query("SELECT pg_sleep(5)").execute(&pool).await.unwrap_err();
    assert!(is_unavailable(&slow), "{slow}");
}

/// Statements of the pool that wait for a lock at this moment.
async fn waiting(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'links' AND wait_event_type = 'Lock'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_is_stopped_and_its_place_is_free_again() {
    let mut config = curtail_testkit::database().await;
    (config.max_connections, config.statement_timeout_ms) = (1, 60_000);
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    let observer = PgPool::connect(config.url.expose()).await.unwrap();
    let mut holder = observer.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(7)").execute(&mut *holder).await.unwrap();
    for in_transaction in [false, true] {
        let pool = pool.clone();
        let stuck = tokio::spawn(async move {
            let lock = sqlx::query("SELECT pg_advisory_xact_lock(7)");
            if in_transaction {
                let mut transaction = pool.begin().await.unwrap();
                lock.execute(&mut *transaction).await.unwrap();
            } else {
                lock.execute(&pool).await.unwrap();
            }
        });
        let soon = Duration::from_secs(10);
        curtail_testkit::until(async || waiting(&observer).await == 1, soon, "the statement waits for the lock").await;
        stuck.abort();
        let start = std::time::Instant::now();
        curtail_testkit::until(async || waiting(&observer).await == 0, soon, "the statement is gone").await;
        assert!(start.elapsed() < Duration::from_secs(5), "not by its own timeout: {:?}", start.elapsed());
    }
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.expect("the only place is free");
    assert_eq!(one, 1);
}

#[tokio::test]
async fn a_statement_that_ends_soon_after_it_was_abandoned_keeps_its_connection() {
    let mut config = curtail_testkit::database().await;
    config.max_connections = 1;
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    let backend = async || sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(&pool).await.unwrap();
    let before = backend().await;
    let short = sqlx::query("SELECT pg_sleep(0.05)").execute(&pool);
    assert!(tokio::time::timeout(Duration::from_millis(10), short).await.is_err());
    assert_eq!(backend().await, before);
}

#[tokio::test]
async fn a_database_that_is_away_fails_statements_not_the_start() {
    let mut config = curtail_testkit::database().await;
    config.url = curtail_config::Secret::new(format!("postgres://x@127.0.0.1:{}/x", curtail_testkit::free_port()));
    config.acquire_timeout_ms = 100;
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    let error = sqlx::query("SELECT 1").execute(&pool).await.unwrap_err();
    assert!(is_unavailable(&error), "{error}");
    assert!(matches!(curtail_db::require_migrated(&pool, &MIGRATOR).await, Err(NotMigrated::Unknown(_))));
}

#[tokio::test]
async fn migrations_run_once_whoever_starts_them() {
    let config = curtail_testkit::database().await;
    let all = (0..4).map(|_| {
        let config = config.clone();
        tokio::spawn(async move { curtail_db::migrate(&config, "links", &MIGRATOR).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    curtail_db::require_migrated(&pool, &MIGRATOR).await.unwrap();
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&pool).await.unwrap();
    assert_eq!(applied, 3);
    let schemas: Vec<String> = sqlx::query_scalar(
        "SELECT table_schema::text FROM information_schema.tables WHERE table_name LIKE '%migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(schemas, ["links"]);
}

#[tokio::test]
async fn a_schema_with_an_old_name_is_renamed_once_with_its_data_and_migrations() {
    let config = curtail_testkit::database().await;
    let schemas = "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('links', 'shortener') ORDER BY 1";
    curtail_db::migrate(&config, "links", &MIGRATOR).await.unwrap();
    let before = curtail_db::connect(&config, "links").await.unwrap();
    sqlx::query("CREATE TABLE kept AS SELECT 7 AS number").execute(&before).await.unwrap();
    before.close().await;

    curtail_db::migrate_renamed(&config, Some("links"), "shortener", &MIGRATOR).await.unwrap();
    let pool = curtail_db::connect(&config, "shortener").await.unwrap();
    curtail_db::require_migrated(&pool, &MIGRATOR).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i32>("SELECT number FROM kept").fetch_one(&pool).await.unwrap(), 7);
    assert_eq!(sqlx::query_scalar::<_, String>(schemas).fetch_all(&pool).await.unwrap(), ["shortener"]);

    // A schema that takes the old name later is not touched, and a first start has nothing to rename.
    sqlx::query("CREATE SCHEMA links").execute(&pool).await.unwrap();
    curtail_db::migrate_renamed(&config, Some("links"), "shortener", &MIGRATOR).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, String>(schemas).fetch_all(&pool).await.unwrap(), ["links", "shortener"]);
    curtail_db::migrate_renamed(&config, Some("never_there"), "other", &MIGRATOR).await.unwrap();
}

#[tokio::test]
async fn a_service_refuses_a_schema_that_lacks_a_migration_and_accepts_a_newer_one() {
    let config = curtail_testkit::database().await;
    let pool = curtail_db::connect(&config, "links").await.unwrap();
    let empty = curtail_db::require_migrated(&pool, &MIGRATOR).await;
    assert!(matches!(empty, Err(NotMigrated::Behind { missing: 3, first: 1 })), "{empty:?}");
    let older = Migrator::with_migrations(MIGRATOR.iter().take(2).cloned().collect());
    curtail_db::migrate(&config, "links", &older).await.unwrap();
    let behind = curtail_db::wait_migrated(&pool, &MIGRATOR).await;
    assert!(matches!(behind, Err(NotMigrated::Behind { missing: 1, first: 3 })), "{behind:?}");
    curtail_db::migrate(&config, "links", &MIGRATOR).await.unwrap();
    curtail_db::require_migrated(&pool, &older).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 2").execute(&pool).await.unwrap();
    assert!(matches!(curtail_db::require_migrated(&pool, &MIGRATOR).await, Err(NotMigrated::Changed(2))));
}

#[tokio::test]
async fn an_event_exists_exactly_when_its_transaction_committed() {
    let pool = migrated().await;
    let mut tx = pool.begin().await.unwrap();
    outbox::append(&mut tx, "links", &envelope(1)).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    outbox::append(&mut tx, "links", &envelope(2)).await.unwrap();
    outbox::append_all(&mut tx, "links", &[envelope(3), envelope(4)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let rows = outbox::unpublished(&mut connection, 10).await.unwrap();
    let workspaces: Vec<i64> =
        rows.iter().map(|row| <Envelope as prost::Message>::decode(&*row.payload).unwrap().workspace_id).collect();
    assert_eq!(workspaces, [2, 3, 4]);
}

#[tokio::test]
async fn published_events_are_kept_for_replay_and_then_deleted() {
    let pool = migrated().await;
    let mut connection = pool.acquire().await.unwrap();
    outbox::append_all(&mut connection, "links", &[envelope(1), envelope(2), envelope(3)]).await.unwrap();
    let rows = outbox::unpublished(&mut connection, 2).await.unwrap();
    let marks: Vec<(i64, i64)> = rows.iter().zip([100, 200]).map(|(row, entry)| (row.seq, entry)).collect();
    let now = datetime!(2026-11-21 12:00 UTC);
    outbox::mark_published(&mut connection, &marks, now).await.unwrap();
    assert_eq!(outbox::unpublished(&mut connection, 10).await.unwrap().len(), 1);
    assert_eq!(outbox::last_entries(&mut connection).await.unwrap(), [("links".to_owned(), 200)]);
    let lost = outbox::published_after(&mut connection, "links", 100, 10).await.unwrap();
    assert_eq!(lost.iter().map(|row| row.entry).collect::<Vec<_>>(), [Some(200)]);
    assert_eq!(outbox::delete_published(&mut connection, now, 10).await.unwrap(), 0);
    let later = now + Duration::from_millis(1);
    assert_eq!(outbox::delete_published(&mut connection, later, 1).await.unwrap(), 1);
    assert_eq!(outbox::delete_published(&mut connection, later, 10).await.unwrap(), 1);
    assert_eq!(outbox::unpublished(&mut connection, 10).await.unwrap().len(), 1, "an unpublished one is never deleted");
}

#[tokio::test]
async fn s40_what_is_to_be_forgotten_goes_whether_it_was_published_or_not() {
    let pool = migrated().await;
    let mut connection = pool.acquire().await.unwrap();
    outbox::append_all(&mut connection, "links", &[envelope(200), envelope(7), envelope(200), envelope(8)])
        .await
        .unwrap();
    let first = outbox::unpublished(&mut connection, 1).await.unwrap()[0].seq;
    outbox::mark_published(&mut connection, &[(first, 100)], datetime!(2026-11-21 12:00 UTC)).await.unwrap();
    // The mark is in all but the last; who decides is the function.
    let marks = [vec![0x18, 0xc8, 0x01], vec![0x18, 7]];
    let of_200 = |envelope: &Envelope| envelope.workspace_id == 200;
    assert_eq!(outbox::forget(&mut connection, &marks, of_200).await.unwrap(), 2);
    assert_eq!(outbox::forget(&mut connection, &marks, of_200).await.unwrap(), 0);
    let left = outbox::unpublished(&mut connection, 10).await.unwrap();
    let left: Vec<i64> =
        left.iter().map(|row| <Envelope as prost::Message>::decode(&*row.payload).unwrap().workspace_id).collect();
    assert_eq!(left, [7, 8]);
    assert_eq!(outbox::forget(&mut connection, &[], |_| true).await.unwrap(), 0, "without a mark nothing is looked at");
}

#[tokio::test]
async fn monthly_partitions_are_made_once_and_meet_without_a_gap() {
    let pool = migrated().await;
    let first_id_at = |t: time::OffsetDateTime| t.unix_timestamp();
    let make = || {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut connection = pool.acquire().await?;
            let (from, through) = (date!(2026 - 11 - 21), date!(2027 - 01 - 01));
            partitions::ensure_monthly_by_id(&mut connection, "links", from, through, first_id_at).await
        })
    };
    let mut made = 0;
    for task in [make(), make(), make(), make()] {
        made += task.await.unwrap().unwrap();
    }
    assert_eq!(made, 3);
    let turn = datetime!(2026-12-01 0:00 UTC).unix_timestamp();
    for id in [datetime!(2026-11-01 0:00 UTC).unix_timestamp(), turn - 1, turn] {
        sqlx::query("INSERT INTO links VALUES ($1, 'x')").bind(id).execute(&pool).await.unwrap();
    }
    let in_november: i64 = sqlx::query_scalar("SELECT count(*) FROM links_202611").fetch_one(&pool).await.unwrap();
    assert_eq!(in_november, 2);
    let early = datetime!(2026-10-31 0:00 UTC).unix_timestamp();
    assert!(sqlx::query("INSERT INTO links VALUES ($1, 'x')").bind(early).execute(&pool).await.is_err());
    let empty = sqlx::query("INSERT INTO links VALUES ($1, '')").bind(turn + 1).execute(&pool).await.unwrap_err();
    assert_eq!(constraint(&empty), Some("links_code_key"));
}

#[tokio::test]
async fn daily_partitions_follow_utc_and_do_not_wait_for_writers() {
    let pool = migrated().await;
    let mut connection = pool.acquire().await.unwrap();
    let (from, through) = (date!(2026 - 12 - 31), date!(2027 - 01 - 01));
    assert_eq!(partitions::ensure_daily(&mut connection, "clicks", from, from).await.unwrap(), 1);
    // A writer that does not finish.
    let mut writer = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO clicks VALUES ('2026-12-31 23:59:59.999Z')").execute(&mut *writer).await.unwrap();
    assert_eq!(partitions::ensure_daily(&mut connection, "clicks", from, through).await.unwrap(), 1);
    sqlx::query("INSERT INTO clicks VALUES ('2027-01-01 00:00Z')").execute(&mut *writer).await.unwrap();
    writer.commit().await.unwrap();
    let new_year: i64 = sqlx::query_scalar("SELECT n FROM clicks_20270101").fetch_one(&pool).await.unwrap();
    assert_eq!(new_year, 2);
}

#[tokio::test]
async fn an_index_of_the_parent_is_built_on_the_partitions_that_lack_it_and_then_holds_for_all() {
    let pool = migrated().await;
    let mut connection = pool.acquire().await.unwrap();
    let (november, january) = (date!(2026 - 11 - 21), date!(2027 - 01 - 01));
    let ensure = partitions::ensure_daily;
    ensure(&mut connection, "clicks", november, november).await.unwrap();
    sqlx::query("CREATE INDEX clicks_by_n ON ONLY clicks (n) WHERE n > 1").execute(&mut *connection).await.unwrap();
    // A partition that is made later has the index from the start.
    ensure(&mut connection, "clicks", january, january).await.unwrap();
    // An earlier build was interrupted.
    let left = "CREATE INDEX clicks_20261121_clicks_by_n ON clicks_20261121 (n)";
    sqlx::query(left).execute(&mut *connection).await.unwrap();
    assert_eq!(partitions::ensure_index(&mut connection, "clicks", "clicks_by_n").await.unwrap(), 1);
    assert_eq!(partitions::ensure_index(&mut connection, "clicks", "clicks_by_n").await.unwrap(), 0);
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'clicks_by_n'::regclass";
    assert!(sqlx::query_scalar::<_, bool>(valid).fetch_one(&mut *connection).await.unwrap());
}
