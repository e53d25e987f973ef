//! The gateway as a process of its own.

use curtail_lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load()?;
    let _telemetry = curtail_telemetry::init("gateway", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    gateway::run(config, shutdown).await
}
