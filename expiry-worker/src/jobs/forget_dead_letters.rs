//! Throws away dead letters that are older than `streams.dead_letter_days`.

use curtail_streams::DeadLetters;

use crate::done::Done;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let before = tools.clock.now() - time::Duration::days(tools.streams.dead_letter_days.into());
    let before_ms = u64::try_from(before.unix_timestamp()).unwrap_or_default() * 1_000;
    for stream in DeadLetters::streams(&tools.redis).await? {
        done.count("letters", DeadLetters::of(tools.redis.clone(), &stream).discard_before(before_ms).await?);
    }
    Ok(done)
}
