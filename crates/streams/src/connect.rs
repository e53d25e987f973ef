//! Connections to Redis.

use std::time::Duration;

use fred::clients::{Client, Pool};
use fred::error::{Error, ErrorKind};
use fred::interfaces::ClientLike as _;
use fred::types::config::{Config, ReconnectPolicy, TcpConfig, UnresponsiveConfig};
use fred::types::{Builder, InfoKind, RespVersion};

/// The pause between two tries to reconnect, in milliseconds. Short: Redis is close, and a click counter waits.
const RECONNECT_MS: u32 = 100;

/// A connection on which nothing arrives for so long, although something is due, is given up.
const UNRESPONSIVE: Duration = Duration::from_secs(10);

/// Messages of channels that wait for a subscriber's reader before the oldest are lost.
const MESSAGES: usize = 8192;

/// The connections of a process for commands that do not block.
///
/// Does not fail when Redis is unavailable: it connects in the background, now and after every loss, and commands fail once
/// `redis.command_timeout_ms` has passed (see [`is_unavailable`]).
///
/// # Errors
/// When the URL does not parse.
pub async fn connect(config: &curtail_config::Redis) -> Result<Pool, Error> {
    let pool = builder(config)?.build_pool(config.pool_size.max(1))?;
    // The handle would only say when the connections end, which they do with the pool.
    drop(pool.connect());
    Ok(pool)
}

/// A connection of its own, for commands that block: while one waits, nothing else gets through. A command that is under
/// way when the connection breaks fails instead of being sent again.
pub(crate) fn dedicated(config: &curtail_config::Redis) -> Result<Client, Error> {
    let mut builder = builder(config)?;
    builder.with_connection_config(|connection| connection.max_command_attempts = 1);
    let client = builder.build()?;
    drop(client.connect());
    Ok(client)
}

/// A connection of its own that listens to channels, and may be used for other commands that do not block. Whoever
/// subscribes has to do it again after each reconnect.
///
/// # Errors
/// When the URL does not parse.
pub fn subscriber(config: &curtail_config::Redis) -> Result<Client, Error> {
    let mut builder = builder(config)?;
    builder.with_performance_config(|performance| performance.broadcast_channel_capacity = MESSAGES);
    let client = builder.build()?;
    drop(client.connect());
    Ok(client)
}

fn builder(config: &curtail_config::Redis) -> Result<Builder, Error> {
    let mut server = Config::from_url(config.url.expose())?;
    server.fail_fast = false;
    server.version = RespVersion::RESP3;
    let timeout = Duration::from_millis(config.command_timeout_ms);
    let mut builder = Builder::from_config(server);
    builder
        .with_performance_config(|performance| performance.default_command_timeout = timeout)
        .with_connection_config(|connection| {
            connection.connection_timeout = timeout.max(Duration::from_millis(500));
            connection.internal_command_timeout = timeout.max(Duration::from_millis(500));
            connection.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
            connection.unresponsive =
                UnresponsiveConfig { max_timeout: Some(UNRESPONSIVE), interval: Duration::from_secs(2) };
        })
        .set_policy(ReconnectPolicy::new_constant(0, RECONNECT_MS));
    Ok(builder)
}

/// Whether a command failed because Redis is unavailable, full or changing hands, so that trying again later is right.
pub fn is_unavailable(error: &Error) -> bool {
    const STATES: [&str; 8] =
        ["LOADING", "OOM", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY ", "MISCONF"];
    match error.kind() {
        ErrorKind::IO
        | ErrorKind::Timeout
        | ErrorKind::Canceled
        | ErrorKind::Backpressure
        | ErrorKind::Routing
        | ErrorKind::Tls => true,
        _ => STATES.iter().any(|state| error.details().starts_with(state)) || error.details().contains("route command"),
    }
}

/// Identifies this run of the Redis server. Another answer than before means that it was restarted, and may have lost
/// what it had.
pub async fn server_run_id(pool: &Pool) -> Result<String, Error> {
    let info: String = pool.info(Some(InfoKind::Server)).await?;
    let id = info.lines().find_map(|line| line.strip_prefix("run_id:"));
    id.map(|id| id.trim().to_owned()).ok_or_else(|| Error::new(ErrorKind::Protocol, "INFO without run_id"))
}
