//! Real PostgreSQL and Redis for tests, one private pair for each test process.
//!
//! The first test that asks starts the servers on free loopback ports; they die with the process, however it ends. A
//! test never shares state with another: [`database`] makes a fresh database and [`redis`] hands out an unused index.
//! Tests that break a server on purpose start one of their own: [`PrivatePostgres`] and [`PrivateRedis`]. [`Process`] runs a program
//! under test in the same way. [`Proxy`] is a wire between two of them that can be broken.
//!
//! Nothing here touches a server that the tests did not start. PostgreSQL refuses to run as root, so for root it runs as
//! `postgres` (or `nobody`).

pub mod http2;
mod keeper;
mod npm;
mod port;
mod postgres;
mod process;
mod proxy;
mod redis;
mod scratch;
mod wait;

use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use npm::{npm_packages, runs};
pub use port::free_port;
pub use postgres::PrivatePostgres;
pub use process::{Process, test_as_program};
pub use proxy::{Fault, Proxy};
pub use redis::PrivateRedis;
pub use wait::{PROMPT, holds_within, until, within_a_second};

/// How long a server may take to start, on a machine that has other things to do.
const START: Duration = Duration::from_secs(60);

static POSTGRES: OnceCell<PrivatePostgres> = OnceCell::const_new();
static REDIS: [OnceCell<PrivateRedis>; 4] = [const { OnceCell::const_new() }; 4];

/// Settings of a fresh, empty database on this process's PostgreSQL.
///
/// # Panics
/// When PostgreSQL is not installed or does not start; the message says which.
pub async fn database() -> curtail_config::Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = POSTGRES
        .get_or_init(|| async { PrivatePostgres::shared().await.expect("a private PostgreSQL for the tests") })
        .await;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    server.create_database(&name).await.expect("a fresh database");
    server.config(&name)
}

/// Settings of an unused database index on this process's Redis (AOF off, noeviction).
///
/// Streams and keys are apart for each index; server-wide commands (`FLUSHALL`, `CONFIG`, `SHUTDOWN`) are not: for those
/// take a [`PrivateRedis`].
///
/// # Panics
/// When Redis is not installed or does not start, or after a thousand calls.
pub async fn redis() -> curtail_config::Redis {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    // Beyond the databases of one server another one is started.
    let place = usize::from(turn / PrivateRedis::DATABASES);
    let server = REDIS
        .get(place)
        .expect("one test process may ask for a thousand Redis databases")
        .get_or_init(|| async { PrivateRedis::shared(place).await.expect("a private Redis for the tests") })
        .await;
    server.config(turn % PrivateRedis::DATABASES)
}

/// [`curtail_config::Config::for_tests`] with a fresh database, an unused Redis index and fresh directories for spool, search index and
/// mailbox.
pub async fn config() -> curtail_config::Config {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (database, redis) = (database().await, redis().await);
    let mut config = curtail_config::Config::for_tests();
    config.database = database;
    config.redis = redis;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let directory = |name: &str| scratch::run_dir().join(format!("{name}-{number}")).to_string_lossy().into_owned();
    config.redirector.spool_dir = directory("spool");
    config.search.index_dir = directory("search");
    config.notify.mailbox_dir = directory("mailbox");
    config
}
