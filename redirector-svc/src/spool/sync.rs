//! Bringing the spool to the disk, which only matters when the machine loses power.

use std::sync::Arc;
use std::time::Duration;

use curtail_lifecycle::Shutdown;

use super::Spool;

/// Flushes all `spools` every `interval` until the process stops, and once more then. A zero interval leaves the
/// flushing to the system.
pub async fn run(spools: Vec<Arc<Spool>>, interval: Duration, shutdown: Shutdown) -> anyhow::Result<()> {
    if interval.is_zero() {
        shutdown.draining().await;
        return Ok(());
    }
    loop {
        let draining = !shutdown.sleep(interval).await;
        let spools = spools.clone();
        let flushed = tokio::task::spawn_blocking(move || spools.iter().try_for_each(|spool| spool.sync())).await?;
        if let Err(error) = flushed {
            tracing::warn!(%error, "the click spool could not be flushed to the disk");
        }
        if draining {
            return Ok(());
        }
    }
}
