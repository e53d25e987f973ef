//! The auth-svc process.

use curtail_lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load()?;
    let _telemetry = curtail_telemetry::init("auth-svc", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    auth_svc::run(config, shutdown).await
}
