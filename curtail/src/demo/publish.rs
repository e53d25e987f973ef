//! Clicks into a stream, as a redirector would send them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use curtail_config::Config;
use curtail_proto::events::v1::{Click, ClickBatch};
use curtail_streams::topology::{CLICK_BATCH_FIELD, CLICKS_COUNTED, click_stream};
use fred::{
    clients::Client,
    interfaces::{HashesInterface as _, StreamsInterface as _},
    types::Value,
};
use prost::Message as _;
use rand::Rng;

/// Clicks of one entry.
const BATCH: usize = 500;

/// Sends the clicks and waits until analytics-svc has counted them.
pub(super) async fn send(config: &Config, clicks: Vec<Click>, rng: &mut impl Rng) -> anyhow::Result<()> {
    let redis = crate::redis::connect(config.redis.url.expose()).await.context("Redis")?;
    // The first shard is always there.
    let stream = click_stream(0);
    let mut producer = [0; 16];
    rng.fill_bytes(&mut producer);
    let (total, mut first_seq) = (clicks.len() as u64, 1);
    for batch in clicks.chunks(BATCH) {
        let entry = ClickBatch { producer_id: producer.to_vec(), first_seq, clicks: batch.to_vec(), lost_through: 0 };
        let bytes = Value::Bytes(entry.encode_to_vec().into());
        let _: String = redis.xadd(&stream, false, None::<()>, "*", vec![(CLICK_BATCH_FIELD, bytes)]).await?;
        first_seq += batch.len() as u64;
    }
    counted(&redis, &format!("{:032x}", u128::from_be_bytes(producer)), total).await
}

async fn counted(redis: &Client, producer: &str, total: u64) -> anyhow::Result<()> {
    for _ in 0..600 {
        let last: Option<u64> = redis.hget(CLICKS_COUNTED, producer).await?;
        if last == Some(total) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("analytics-svc has not counted the clicks within a minute; see its log")
}
