//! How fast analytics-svc drains a backlog of clicks, against PostgreSQL's own COPY of the same rows, and how far it is
//! behind at a steady rate. `bench/analytics_drain.sh` starts the stores; the service runs inside of this process.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::{Click, ClickBatch};
use curtail_service::{Deps, Running};
use curtail_streams::topology;
use fred::clients::Pool;
use fred::interfaces::HashesInterface as _;
use prost::Message as _;
use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt as _;

/// Clicks of one stream entry, as redirectors ship them.
const ENTRY: u64 = 1_000;

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];

const REFERRERS: [&str; 5] = ["", "", "www.google.com", "t.co", "news.ycombinator.com"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let backlog: u64 = argument(1, 3_000_000)?;
    let rounds: u64 = argument(2, 3)?;
    let config = Config { rpc: Config::for_tests().rpc, ..Config::load()? };
    let redis = curtail_streams::connect(&config.redis).await?;
    analytics_svc::migrate(&config.database).await?;
    let pool = curtail_db::connect(
        &curtail_config::Database { statement_timeout_ms: 600_000, ..config.database.clone() },
        "analytics",
    )
    .await?;
    let mut drained = Vec::new();
    let mut copied = Vec::new();
    for round in 0..rounds {
        let producers = fill(&redis, &config, round, backlog).await?;
        drained.push(drain(&config, &redis, &producers).await?);
        copied.push(copy(&pool).await?);
        println!(
            "round {}: drained {:.0}/s, COPY alone {:.0}/s",
            round + 1,
            drained[round as usize],
            copied[round as usize]
        );
        sqlx::query("TRUNCATE clicks, clicks_by_minute, clicks_by_hour, clicks_by_day, clicks_by_ever")
            .execute(&pool)
            .await?;
    }
    let (drained, copied) = (median(drained), median(copied));
    println!("median: drained {drained:.0}/s, COPY alone {copied:.0}/s, ratio {:.2}", drained / copied);
    println!("lag at 10,000/s: {}", steady(&config, &redis, 10_000, Duration::from_secs(15)).await?);
    Ok(())
}

fn argument(position: usize, default: u64) -> anyhow::Result<u64> {
    std::env::args().nth(position).map_or(Ok(default), |text| text.parse().context("a number"))
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A click of one of 10,000 links of 100 workspaces; popular ones get most (1/rank).
fn click(dice: &mut u64, at_ms: i64) -> Click {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let random = *dice >> 20;
    let link_id = 10_000f64.powf((random % 65_536) as f64 / 65_536.0) as i64;
    Click {
        at_ms,
        link_id,
        workspace_id: 1 + link_id % 100,
        visitor: (random % 1_000_000).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        user_agent: AGENTS[(random % 21 % 5) as usize].into(),
        referrer: REFERRERS[(random % 7 % 5) as usize].into(),
        language: if random.is_multiple_of(3) { "de-DE".into() } else { "en-US".into() },
        utm: if random.is_multiple_of(10) {
            "utm_source=news&utm_medium=email&utm_campaign=autumn".into()
        } else {
            String::new()
        },
        ..Click::default()
    }
}

/// Eight redirectors, spread over the shards, with the clicks of the last five minutes.
async fn fill(redis: &Pool, config: &Config, round: u64, clicks: u64) -> anyhow::Result<Vec<(String, u64)>> {
    let now = Clock::system().unix_ms();
    let mut dice = round + 1;
    let each = clicks / 8 / ENTRY * ENTRY;
    let mut producers = Vec::new();
    for number in 0..8u64 {
        let producer_id = [round.to_be_bytes(), number.to_be_bytes()].concat();
        let stream = topology::click_stream(number % u64::from(config.streams.click_shards));
        for first_seq in (1..=each).step_by(ENTRY as usize) {
            let at = |offset: u64| now - 300_000 + ((first_seq + offset) * 300_000 / each) as i64;
            let clicks = (0..ENTRY).map(|offset| click(&mut dice, at(offset))).collect();
            ship(redis, &stream, ClickBatch { producer_id: producer_id.clone(), first_seq, clicks, lost_through: 0 })
                .await?;
        }
        producers.push((hex(&producer_id), each));
    }
    Ok(producers)
}

async fn ship(redis: &Pool, stream: &str, batch: ClickBatch) -> anyhow::Result<()> {
    curtail_streams::append(redis, stream, vec![(topology::CLICK_BATCH_FIELD, Bytes::from(batch.encode_to_vec()))])
        .await?;
    Ok(())
}

/// Starts the service, waits until all is counted, stops it. Clicks per second.
async fn drain(config: &Config, redis: &Pool, producers: &[(String, u64)]) -> anyhow::Result<f64> {
    let started = Instant::now();
    let (running, shutdown) = service(config).await?;
    for (producer, clicks) in producers {
        while counted(redis, producer).await? < *clicks {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let rate = producers.iter().map(|(_, clicks)| *clicks as f64).sum::<f64>() / started.elapsed().as_secs_f64();
    shutdown.begin();
    running.join().await?;
    Ok(rate)
}

async fn service(config: &Config) -> anyhow::Result<(Running, Shutdown)> {
    let mut config = config.clone();
    config.analytics.listen.set_port(0);
    config.analytics.admin_listen.set_port(0);
    config.lifecycle.drain_delay_ms = 0;
    let shutdown = Shutdown::configured(&config.lifecycle);
    let deps = Deps {
        clock: Clock::system(),
        rng: Box::new(rand::make_rng::<rand::rngs::StdRng>()),
        keys: curtail_rpc::Keys::Given(curtail_tokens::KeyRing::of([])),
    };
    Ok((analytics_svc::start(config, deps, shutdown.clone()).await?, shutdown))
}

async fn counted(redis: &Pool, producer: &str) -> anyhow::Result<u64> {
    Ok(redis.hget::<Option<u64>, _, _>(topology::CLICKS_COUNTED, producer).await?.unwrap_or(0))
}

/// The rows that were just written, by COPY into a table of the same shape in two sessions at once, as one of them would
/// leave a core idle. Rows per second.
async fn copy(pool: &PgPool) -> anyhow::Result<f64> {
    sqlx::raw_sql("DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE clicks INCLUDING ALL)").execute(pool).await?;
    let mut halves = Vec::new();
    for half in 0..2 {
        let query = format!(
            "COPY (SELECT * FROM clicks WHERE link_id % 2 = {half} \
             ORDER BY date_trunc('second', at), workspace_id, link_id) TO STDOUT (FORMAT binary)"
        );
        let mut rows = Vec::new();
        let mut out = pool.copy_out_raw(&query).await?;
        while let Some(chunk) = futures_util::TryStreamExt::try_next(&mut out).await? {
            rows.extend_from_slice(&chunk);
        }
        halves.push(rows);
    }
    sqlx::query("CHECKPOINT").execute(pool).await?;
    let started = Instant::now();
    let copies = halves.into_iter().map(|rows| async move {
        let mut copy = pool.copy_in_raw("COPY copied FROM STDIN (FORMAT binary)").await?;
        for chunk in rows.chunks(256 << 10) {
            copy.send(chunk).await?;
        }
        copy.finish().await
    });
    let written: u64 = futures_util::future::try_join_all(copies).await?.into_iter().sum();
    let rate = written as f64 / started.elapsed().as_secs_f64();
    sqlx::raw_sql("DROP TABLE copied").execute(pool).await?;
    Ok(rate)
}

/// Sends clicks at a steady rate and tells how long after its sending an entry was counted.
async fn steady(config: &Config, redis: &Pool, per_second: u64, time: Duration) -> anyhow::Result<String> {
    let (running, shutdown) = service(config).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let producer_id = vec![0xee; 16];
    let (producer, mut dice) = (hex(&producer_id), 99);
    // A redirector waits 50 ms for company.
    let each = per_second / 20;
    let (mut sent, mut lags, started) = (Vec::<(u64, Instant)>::new(), Vec::new(), Instant::now());
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let mut first_seq = 1;
    while started.elapsed() < time || !sent.is_empty() {
        tick.tick().await;
        let due = started.elapsed().min(time).as_millis() as u64 / 50 * each;
        while first_seq <= due {
            let now = Clock::system().unix_ms();
            let clicks = (0..each).map(|_| click(&mut dice, now)).collect();
            ship(
                redis,
                &topology::click_stream(0),
                ClickBatch { producer_id: producer_id.clone(), first_seq, clicks, lost_through: 0 },
            )
            .await?;
            first_seq += each;
            sent.push((first_seq - 1, Instant::now()));
        }
        let done = counted(redis, &producer).await?;
        sent.retain(|(last, at)| {
            let waits = *last > done;
            if !waits {
                lags.push(at.elapsed());
            }
            waits
        });
    }
    shutdown.begin();
    running.join().await?;
    lags.sort_unstable();
    let at = |share: f64| lags[((lags.len() - 1) as f64 * share) as usize].as_millis();
    Ok(format!("p50 {} ms, p99 {} ms, max {} ms", at(0.5), at(0.99), at(1.0)))
}

fn hex(producer: &[u8]) -> String {
    producer.iter().map(|byte| format!("{byte:02x}")).collect()
}
