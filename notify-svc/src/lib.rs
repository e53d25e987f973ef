//! notify-svc: tells people what happened, by mail, text message and webhook.
//!
//! A message has three stations. [`events`] turns an event into one row for each recipient, whose id makes a second delivery of
//! the event change nothing. [`sender`] takes rows that are due, many side by side, and [`channel`] brings them out: over SMTP,
//! an HTTP API for text messages, or into a folder. What the other side refuses for good, or will not take for days, ends in a state that an operator sees and
//! can undo ([`admin`]). The words are in `templates/`, put together by [`mail`] and [`text`]. Whose telephone number text messages
//! go to is [`phone`]'s.
//!
//! What was rejected: sending straight from the consumer (a slow mail server would hold up the stream, and a retry would be a
//! redelivery), and a queue in Redis (the row that keeps a mail from going out twice has to outlive Redis).

pub mod admin;
pub mod channel;
pub mod events;
mod keyed;
pub mod kind;
pub mod mail;
pub mod message;
pub mod phone;
pub mod preferences;
pub mod preview;
mod retry_after;
pub mod rpcs;
pub mod schedule;
pub mod sender;
mod start;
pub mod store;
pub mod text;
pub mod upkeep;
mod webhooks;
mod words;

use sqlx::migrate::Migrator;

pub use self::start::start;

/// The name of the schema, and of the service among the others.
pub const SCHEMA: &str = "notify";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings the schema up to date.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    curtail_db::migrate(database, SCHEMA, &MIGRATOR).await?;
    Ok(())
}

/// What a caller hears of a failed statement.
fn store_error(error: sqlx::Error) -> curtail_rpc::Error {
    if curtail_db::is_unavailable(&error) {
        curtail_rpc::Error::unavailable(error)
    } else {
        curtail_rpc::Error::internal(error)
    }
}
