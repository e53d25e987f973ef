//! The private servers start, are apart for each caller, and survive what fault tests do to them.

use std::time::Duration;

use curtail_testkit::{PrivatePostgres, PrivateRedis, Process, free_port, holds_within, until};
use sqlx::Connection as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn redis(port: u16, commands: &str) -> std::io::Result<String> {
    let mut connection = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    connection.write_all(format!("{commands}\r\nQUIT\r\n").as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn each_database_is_fresh() {
    let (one, two) = (curtail_testkit::database().await, curtail_testkit::database().await);
    let mut one = sqlx::PgConnection::connect(one.url.expose()).await.unwrap();
    sqlx::query("CREATE TABLE t (n int)").execute(&mut one).await.unwrap();
    let mut two = sqlx::PgConnection::connect(two.url.expose()).await.unwrap();
    assert!(sqlx::query("SELECT * FROM t").execute(&mut two).await.is_err());
}

#[tokio::test]
async fn each_redis_index_is_its_own() {
    assert_ne!(curtail_testkit::redis().await.url.expose(), curtail_testkit::redis().await.url.expose());
}

#[tokio::test]
async fn a_whole_configuration_is_valid_for_tests() {
    let config = curtail_testkit::config().await;
    assert_eq!(config.gateway.listen.port(), 0);
    assert!(config.gateway.listen.ip().is_loopback());
}

#[tokio::test]
async fn a_postgres_that_crashed_comes_back_with_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PrivatePostgres::start(dir.path(), free_port()).await.unwrap();
    let url = server.url("postgres");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE t AS SELECT 7 AS n").execute(&mut connection).await.unwrap();
    server.stop_immediate();
    assert!(sqlx::PgConnection::connect(&url).await.is_err());
    server.restart().await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let n: i32 = sqlx::query_scalar("SELECT n FROM t").fetch_one(&mut connection).await.unwrap();
    assert_eq!(n, 7);
}

#[tokio::test]
async fn a_redis_can_be_killed_restarted_and_emptied() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PrivateRedis::start(dir.path(), free_port()).await.unwrap();
    redis(server.port(), "SET k v").await.unwrap();
    // The AOF is written before the answer; kill -9 loses at most what the operating system loses.
    server.kill9();
    assert!(redis(server.port(), "PING").await.is_err());
    server.restart().await.unwrap();
    assert!(redis(server.port(), "GET k").await.unwrap().contains("$1\r\nv"));
    server.restart_empty().await.unwrap();
    assert!(redis(server.port(), "GET k").await.unwrap().contains("$-1"));
}

#[tokio::test]
async fn a_stopped_redis_hangs_until_it_continues() {
    let dir = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start_volatile(dir.path(), free_port()).await.unwrap();
    server.signal("STOP").unwrap();
    let pong = async || {
        let answer = tokio::time::timeout(Duration::from_millis(100), redis(server.port(), "PING")).await;
        matches!(answer, Ok(Ok(text)) if text.contains("PONG"))
    };
    assert!(!holds_within(pong, Duration::ZERO).await);
    server.signal("CONT").unwrap();
    until(pong, Duration::from_secs(5), "PONG after CONT").await;
}

#[tokio::test]
async fn a_program_can_be_killed_restarted_and_asked_to_stop() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let script = "trap 'echo stopped $WHO; exit 0' TERM; echo started $WHO; while :; do sleep 0.01; done";
    let who = [("WHO".to_owned(), "me".to_owned())];
    let mut program = Process::start("sh", ["-c", script], who, log.path()).unwrap();
    let said = |text: &str| std::fs::read_to_string(log.path()).unwrap().trim_end() == text;
    until(async || said("started me"), Duration::from_secs(5), "it starts").await;
    program.kill9();
    assert!(!program.is_running());
    program.restart().unwrap();
    until(async || said("started me\nstarted me"), Duration::from_secs(5), "it starts again").await;
    assert!(program.is_running());
    assert!(program.stop(Duration::from_secs(5)).await);
    assert!(said("started me\nstarted me\nstopped me"));
}
