//! A connection to Redis for commands of the operator: it tries once and gives up soon.

use std::time::Duration;

use fred::prelude::*;

/// Connects once.
///
/// # Errors
/// When Redis does not answer within two seconds.
pub(crate) async fn connect(url: &str) -> Result<Client, Error> {
    let client = Builder::from_config(Config { fail_fast: true, ..Config::from_url(url)? })
        .with_connection_config(|connection| {
            connection.connection_timeout = Duration::from_secs(2);
            connection.internal_command_timeout = Duration::from_secs(2);
        })
        .with_performance_config(|performance| performance.default_command_timeout = Duration::from_secs(2))
        .build()?;
    client.init().await?;
    Ok(client)
}
