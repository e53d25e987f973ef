//! shortener-svc: links of workspaces, from the first look at a destination to the last click.
//!
//! It owns the schema `links` and is the only one to write there. Three things matter more than the rest:
//!
//! - **A destination is judged once.** [`destination`] parses as browsers do, refuses what is dangerous and stores what the
//!   parser understood; redirectors send exactly that.
//! - **A change and its event are one transaction.** The event carries the whole link with its version, so that whoever hears
//!   of it needs no question back and never goes back in time.
//! - **The database decides races.** Who gets a code, who uses up the last click, which of two equal requests creates: always a
//!   constraint or a row lock, never a check before the act.
//!
//! A new link without tags costs one statement ([`store::create`]) or a part of one ([`group_commit`]). What was rejected: codes computed from the id (they tell
//! the next one), a counter of clicks in Redis (exactly N would end with its memory), and checks of uniqueness on the
//! partitioned table itself (PostgreSQL has no global unique index; the registry `codes` also outlives the link).
//!
//! Handlers ([`rpcs`]) convert and authorise, [`link`], [`code`] and [`destination`] decide, [`store`] has the SQL.

pub mod access;
pub mod app;
pub mod audit;
pub mod bulk;
pub mod change_many;
pub mod code;
pub mod cursor;
pub mod destination;
pub mod domains;
pub mod erasure;
pub mod failure;
pub mod group_commit;
pub mod idempotency;
pub mod limits;
pub mod link;
pub mod live;
pub mod refusal;
pub mod rpcs;
mod start;
pub mod store;
pub mod tags;
pub mod takedown;
pub mod upkeep;

use anyhow::Context as _;
use curtail_clock::Clock;
use sqlx::Connection as _;
use sqlx::migrate::Migrator;

pub use self::start::start;

/// The name of the schema, and of the service among the others.
pub const SCHEMA: &str = curtail_config::Service::Shortener.name();

/// The name of the schema in versions before 0.1.
const OLD_SCHEMA: &str = "links";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings the schema up to date, builds indexes on the partitions that lack them, and makes the partitions that the coming months need.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    curtail_db::migrate_renamed(database, Some(OLD_SCHEMA), SCHEMA, &MIGRATOR).await?;
    let pool = curtail_db::connect(database, SCHEMA).await?;
    let mut conn = pool.acquire().await.context("after migrating")?;
    upkeep::make_partitions(&mut conn, Clock::system().now(), 1).await?;
    upkeep::build_indexes(&mut conn).await?;
    conn.detach().close().await?;
    pool.close().await;
    Ok(())
}
