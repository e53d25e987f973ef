//! Throws away records of runs that are older than `expiry.runs_retention_days`.

use crate::done::Done;
use crate::store::runs;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let before = tools.clock.now() - time::Duration::days(tools.settings.runs_retention_days.into());
    done.count("runs", runs::delete_before(&tools.pool, before).await?);
    Ok(done)
}
