//! The pool of a process.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tracing::log::LevelFilter;

/// A connection that lay idle for longer is tried before it is handed out.
const PING_AFTER: Duration = Duration::from_secs(1);

/// How long a statement that no one waits for any more may still take. Then its connection is closed, and PostgreSQL, which
/// looks as often as [`CHECK_CLIENT`] says whether its client is still there, stops the statement and frees its locks.
const ABANDONED: Duration = Duration::from_millis(250);
const CHECK_CLIENT: &str = "250ms";

/// A client that is gone without a word is noticed by PostgreSQL within 25 seconds, not two hours: until then it keeps its locks.
const KEEP_ALIVE: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];

/// A statement that takes longer is logged as a warning.
const SLOW_STATEMENT: Duration = Duration::from_secs(1);

/// A pool for the schema of one service.
///
/// Every connection has the schema as its only search path, the configured statement timeout and the schema's name as
/// application name. Nothing is opened yet: a database that is unavailable fails the first statement (see
/// [`crate::is_unavailable`]), not the start of the process.
///
/// A future that is dropped in the middle of an ordinary statement, as handlers are at the deadline of their call, is cleaned
/// up behind it: the statement may end within a quarter of a second, else its connection is closed and PostgreSQL gives it up
/// soon after. **COPY is not**: dropped while it finishes, it leaves the connection one answer behind, so that a later statement takes the answer of the one before for
/// its own, a COMMIT included. Run COPY on a connection that is not of the pool (`PgConnection::connect_with` with
/// `pool.connect_options()`) and that is dropped together with the future.
///
/// # Errors
/// When the URL does not parse.
pub async fn connect(config: &curtail_config::Database, schema: &str) -> Result<PgPool, sqlx::Error> {
    let timeout = format!("{}ms", config.statement_timeout_ms);
    let options = options(config, schema)?
        .options([("statement_timeout", timeout.as_str()), ("client_connection_check_interval", CHECK_CLIENT)]);
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
        .after_release(|connection, _| Box::pin(settled(connection)))
        .connect_lazy_with(options))
}

/// Whether a connection that comes back has nothing under way. Without this the pool would wait as long as the statement runs,
/// or for ever when PostgreSQL cannot be reached.
async fn settled(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // `flush` reads the answers that are still due, and asks nothing when none is.
    match tokio::time::timeout(ABANDONED, connection.flush()).await {
        Ok(flushed) => flushed.map(|()| true),
        Err(_) => {
            tracing::info!("a statement that nobody waits for any more is cut off");
            Ok(false)
        }
    }
}

/// What pools and migrations have in common.
pub(crate) fn options(config: &curtail_config::Database, schema: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(config.url.expose())?
        .application_name(schema)
        .options([("search_path", schema), ("timezone", "UTC"), ("idle_in_transaction_session_timeout", "60s")])
        .options(KEEP_ALIVE)
        .log_statements(LevelFilter::Trace)
        .log_slow_statements(LevelFilter::Warn, SLOW_STATEMENT))
}
