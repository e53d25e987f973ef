//! expiry-worker as a process of its own.

use config::Config;
use lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load()?;
    let _telemetry = telemetry::init("expiry-worker", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    expiry_worker::run(config, shutdown).await
}
