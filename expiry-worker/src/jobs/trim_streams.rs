//! Cuts every stream behind its slowest group. Who publishes to a stream does the same while it runs; this is for the others.

use std::time::Duration;

use crate::done::Done;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let keep = Duration::from_secs(tools.streams.keep_seconds);
    for stream in &tools.stream_names {
        done.count("entries", curtail_streams::trim_behind_groups(&tools.redis, stream, keep).await?);
    }
    Ok(done)
}
