//! Until the streams crate is there.
#![allow(missing_docs)]
use fred::prelude::*;
pub async fn connect(redis: &config::Redis) -> anyhow::Result<fred::clients::Pool> {
    let config = fred::types::config::Config::from_url(&redis.url.expose())?;
    let pool = Builder::from_config(config)
        .with_connection_config(|c| c.connection_timeout = std::time::Duration::from_secs(1))
        .set_policy(ReconnectPolicy::new_constant(0, 100))
        .build_pool(redis.pool_size as usize)?;
    pool.connect();
    Ok(pool)
}
pub async fn trim_behind_groups(_: &fred::clients::Client, _: &str) -> Result<u64, fred::error::Error> {
    Ok(0)
}
