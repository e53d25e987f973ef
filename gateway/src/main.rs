//! The gateway as a process of its own.

use lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = config::Config::load()?;
    let _telemetry = telemetry::init("gateway", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    gateway::run(config, shutdown).await
}
