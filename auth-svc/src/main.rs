//! The auth-svc process.

use lifecycle::Shutdown;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = config::Config::load()?;
    let _telemetry = telemetry::init("auth-svc", &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    auth_svc::run(config, shutdown).await
}
