//! How long analytics-svc takes to answer each kind of question over many clicks, before and after its days are folded, and how
//! long folding takes. `bench/analytics_queries.sh` starts the stores; the service runs inside of this process and is asked
//! over gRPC.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::{Duration, Instant};

use analytics_svc::fold::{Folding, LATE};
use analytics_svc::retention::Retention;
use anyhow::Context as _;
use bench::clicks;
use bench::questions::{Asker, PATIENCE, Question, questions};
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_tokens::SigningKey;
use sqlx::PgPool;

/// A question is not asked again when it took so long already.
const BUDGET: Duration = Duration::from_secs(15);

/// Without folding by itself.
const NEVER_HOURS: u32 = 87_600;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count: u64 = argument(1, 5_000_000)?;
    let days: u32 = argument(2, 90)?;
    let rounds: u32 = argument(3, 40)?;
    let mut config = Config { rpc: Config::for_tests().rpc, ..Config::load()? };
    config.database.statement_timeout_ms = PATIENCE.as_millis() as u64;
    config.rpc.read_timeout_ms = PATIENCE.as_millis() as u64;
    config.analytics.fold_after_hours = NEVER_HOURS;
    analytics_svc::migrate(&config.database).await?;
    let pool = curtail_db::connect(&config.database, "analytics").await?;
    let started = Instant::now();
    let bytes = clicks::fill(&pool, count, days, Clock::system().now()).await?;
    let took = started.elapsed().as_secs_f64();
    println!(
        "{count} clicks of {days} days in {took:.0} s: {:.0} a second, {:.1} GiB",
        count as f64 / took,
        gib(bytes)
    );

    let retention = Retention::of(&config.analytics);
    let (asker, shutdown) = Asker::start(config, SigningKey::from_seed([5; 32])).await?;
    let questions = questions(days);
    println!("before folding");
    let before = ask_all(&asker, &questions, rounds).await?;
    fold(&pool, retention).await?;
    sizes(&pool).await?;
    println!("after folding");
    let after = ask_all(&asker, &questions, rounds).await?;
    shutdown.begin();

    println!("{:<44} {:>11} {:>11} {:>8}", "question", "p95 ms raw", "p95 folded", "ratio");
    for ((name, _), (raw, folded)) in questions.iter().zip(before.iter().zip(&after)) {
        println!("{name:<44} {raw:>11.1} {folded:>11.1} {:>8.1}", raw / folded);
    }
    Ok(())
}

/// Asks each question and returns the p95 of each, in milliseconds. One that is not answered in time counts with that time.
async fn ask_all(asker: &Asker, questions: &[(String, Question)], rounds: u32) -> anyhow::Result<Vec<f64>> {
    println!("{:<44} {:>7} {:>9} {:>9} {:>9}", "question", "rounds", "p50 ms", "p95 ms", "max ms");
    let mut p95 = Vec::new();
    for (name, question) in questions {
        let (mut times, begun) = (Vec::new(), Instant::now());
        while times.len() < rounds as usize && (times.is_empty() || begun.elapsed() < BUDGET) {
            let started = Instant::now();
            match asker.ask(question.clone(), times.len() as u64).await {
                Err(error) if started.elapsed() < PATIENCE / 2 => return Err(error).with_context(|| name.clone()),
                _ => times.push(started.elapsed()),
            }
        }
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!("{name:<44} {:>7} {:>9.1} {:>9.1} {:>9.1}", times.len(), at(0.5), at(0.95), at(1.0));
        p95.push(at(0.95));
    }
    Ok(p95)
}

/// Folds every day that ended, as two processes at once would.
async fn fold(pool: &PgPool, retention: Retention) -> anyhow::Result<()> {
    let job =
        || Folding { pool: pool.clone(), clock: Clock::system(), retention, after: time::Duration::ZERO, late: LATE };
    let started = Instant::now();
    let jobs = [job(), job()].map(|job| tokio::spawn(async move { job.round().await }));
    let mut folded = 0;
    for job in jobs {
        folded += job.await??;
    }
    // Days that each left to the other.
    folded += job().round().await?;
    let took = started.elapsed().as_secs_f64();
    println!("{folded} clicks folded by two in {took:.0} s: {:.0} a second", folded as f64 / took);
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    sqlx::query("VACUUM (ANALYZE) dimension_days, dimension_hours").execute(&mut *connection).await?;
    Ok(())
}

/// Prints how large each table is with its indexes.
async fn sizes(pool: &PgPool) -> anyhow::Result<()> {
    let tables: Vec<(String, i64)> = sqlx::query_as(
        "SELECT coalesce(p.relname, c.relname)::text, sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c \
         LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent \
         WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
         GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 1000000 ORDER BY 2 DESC",
    )
    .fetch_all(pool)
    .await?;
    for (table, bytes) in tables {
        println!("{table:<20} {:>8.3} GiB", gib(bytes));
    }
    Ok(())
}

fn gib(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn argument<T: std::str::FromStr<Err = std::num::ParseIntError>>(position: usize, default: T) -> anyhow::Result<T> {
    std::env::args().nth(position).map_or(Ok(default), |text| text.parse().context("a number"))
}
