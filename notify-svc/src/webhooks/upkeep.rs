//! What is finished long enough, or belongs to no webhook any more, leaves the log.

use std::time::Duration;

use curtail_lifecycle::Shutdown;

use super::app::App;
use super::store::prune;

const PAUSE: Duration = Duration::from_secs(3_600);

/// Prunes every hour until draining begins. What fails now is tried in the next hour.
pub(super) async fn run(app: App, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        if let Err(error) = prune(&app, &shutdown).await {
            tracing::warn!(error = %error, "old deliveries stay for now");
        }
        shutdown.sleep(PAUSE).await;
    }
    Ok(())
}

async fn prune(app: &App, shutdown: &Shutdown) -> Result<(), sqlx::Error> {
    let before = app.clock.now() - time::Duration::days(app.settings.log_days.into());
    while !shutdown.is_draining() {
        if prune::old(&app.pool, before).await? + prune::orphans(&app.pool).await? == 0 {
            return Ok(());
        }
    }
    Ok(())
}
