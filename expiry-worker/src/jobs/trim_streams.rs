//! Cuts every stream behind its slowest group. Who publishes to a stream does the same while it runs; this is for the others.

use std::time::Duration;

use crate::done::Done;
use crate::tools::Tools;

/// How long entries stay for those who follow without a group and lost the connection for a moment.
const KEEP: Duration = Duration::from_secs(60);

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let mut done = Done::default();
    for stream in &tools.streams {
        done.count("entries", streams::trim_behind_groups(&tools.redis, stream, KEEP).await?);
    }
    Ok(done)
}
