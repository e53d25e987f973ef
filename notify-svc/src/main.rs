//! notify-svc as a process of its own.

use curtail_config::Config;
use curtail_lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load()?;
    let _telemetry = curtail_telemetry::init("notify-svc", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    notify_svc::run(config, shutdown).await
}
