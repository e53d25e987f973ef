//! The pool of a process.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tracing::log::LevelFilter;

/// A connection that lay idle for longer is tried before it is handed out.
const PING_AFTER: Duration = Duration::from_secs(1);

/// A statement that takes longer is logged as a warning.
const SLOW_STATEMENT: Duration = Duration::from_secs(1);

/// A pool for the schema of one service.
///
/// Every connection has the schema as its only search path, the configured statement timeout and the schema's name as
/// application name. Nothing is opened yet: a database that is away fails the first statement (see
/// [`crate::is_unavailable`]), not the start of the process.
///
/// A future that is dropped in the middle of an ordinary statement is cleaned up behind it. **COPY is not**: dropped while it
/// finishes, it leaves the connection one answer behind, so that a later statement takes the answer of the one before for
/// its own, a COMMIT included. Run COPY on a connection that is not of the pool (`PgConnection::connect_with` with
/// `pool.connect_options()`) and that is dropped together with the future.
///
/// # Errors
/// When the URL does not parse.
pub async fn connect(config: &config::Database, schema: &str) -> Result<PgPool, sqlx::Error> {
    let timeout = format!("{}ms", config.statement_timeout_ms);
    let options = options(config, schema)?.options([("statement_timeout", timeout.as_str())]);
    Ok(PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        // A round trip before every use would be paid by every request; after a moment of rest it is cheap.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > PING_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// What pools and migrations have in common.
pub(crate) fn options(config: &config::Database, schema: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(config.url.expose())?
        .application_name(schema)
        .options([("search_path", schema), ("timezone", "UTC"), ("idle_in_transaction_session_timeout", "60s")])
        .log_statements(LevelFilter::Trace)
        .log_slow_statements(LevelFilter::Warn, SLOW_STATEMENT))
}
