//! Tells the redirectors what is counted and what must come again.

use curtail_streams::topology::{CLICKS_COUNTED, CLICKS_REPLAY};
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::HashesInterface as _;
use sqlx::PgPool;

use super::batch::Producer;

/// Writes the last numbers of producers.
pub async fn tell(client: &Client, counted: &[(Producer, u64)]) -> Result<(), Error> {
    set(client, CLICKS_COUNTED, counted).await
}

/// Asks producers to send again from a number on.
pub async fn ask_again(client: &Client, gaps: &[(Producer, u64)]) -> Result<(), Error> {
    set(client, CLICKS_REPLAY, gaps).await
}

async fn set(client: &Client, hash: &str, values: &[(Producer, u64)]) -> Result<(), Error> {
    if values.is_empty() {
        return Ok(());
    }
    let values: Vec<(String, String)> = values.iter().map(|(producer, seq)| (hex(producer), seq.to_string())).collect();
    client.hset(hash, values).await
}

/// Writes the last numbers of the producers of a shard that were heard of within seven days, for a Redis that forgot them.
pub async fn tell_again(pool: &PgPool, client: &Client, shard: i32) -> anyhow::Result<()> {
    let known: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT producer, last_seq FROM producers WHERE shard = $1 AND updated_at > now() - interval '7 days'",
    )
    .bind(shard)
    .fetch_all(pool)
    .await?;
    let known: Vec<(Producer, u64)> = known
        .into_iter()
        .filter_map(|(producer, last)| Some((Producer::try_from(producer).ok()?, last.cast_unsigned())))
        .collect();
    for some in known.chunks(1_000) {
        tell(client, some).await?;
    }
    Ok(())
}

fn hex(producer: &Producer) -> String {
    producer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn producers_are_lower_case_hex() {
        let mut producer = [0; 16];
        producer[0] = 0xab;
        producer[15] = 1;
        assert_eq!(super::hex(&producer), "ab000000000000000000000000000001");
    }
}
