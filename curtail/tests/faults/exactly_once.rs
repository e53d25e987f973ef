use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use curtail_testkit::until;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row as _};

use crate::account::Account;
use crate::ledger::{Outcome, by_link};
use crate::load::Load;
use crate::platform::{Platform, variable};
use crate::saboteur::{ON_THE_WAY_OF_A_CLICK, Saboteur};

const LINKS: usize = 50;

/// Connections at once.
const VISITORS: usize = 16;

/// How long clicks may be on their way after the last fault: a lease that runs out, a spool that is adopted, a backlog.
const DRAIN: Duration = Duration::from_secs(90);

/// Counters that must agree with the raw rows.
const ROLLUPS: [&str; 4] = ["clicks_by_minute", "clicks_by_hour", "clicks_by_day", "clicks_by_ever"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_click_that_was_answered_is_counted_exactly_once() {
    let target: u64 = variable("FAULTS_CLICKS", 100_000);
    let faults: usize = variable("FAULTS_KILLS", 12);
    let seed: u64 = variable("FAULTS_SEED", 20_261_121);
    let database = curtail_testkit::database().await;
    let mut platform = Platform::start(database.url.expose()).await;
    let account = Account::register(&platform.gateway).await;
    let links = account.create_links(LINKS).await;

    let load = Load::start(platform.redirector, &links, VISITORS, Duration::ZERO);
    let mut saboteur = Saboteur::new(seed, &ON_THE_WAY_OF_A_CLICK, faults);
    for fault in 1..=faults as u64 {
        reach(&load, target * fault / (faults as u64 + 1)).await;
        saboteur.strike(&mut platform).await;
    }
    reach(&load, target).await;
    assert_eq!(saboteur.left(), 0);
    let ledger = load.stop().await;

    let drained = async || {
        let waiting = platform.metric("redirector", "redirector_spool_clicks", "").await;
        waiting == Some(0.0) && platform.producers() <= 2
    };
    until(drained, DRAIN, "every spooled click is counted").await;
    let pool = PgPool::connect(database.url.expose()).await.unwrap();
    let rows: Vec<(i64, Option<String>)> =
        sqlx::query_as("SELECT link_id, utm_content FROM analytics.clicks").fetch_all(&pool).await.unwrap();
    let compared = ledger.compare(&rows);
    // Past the capture of the test harness: this is the result.
    writeln!(
        std::io::stdout(),
        "{} served, {} counted, {} lost, {} doubled, faults={faults}",
        compared.served,
        compared.counted,
        compared.lost,
        compared.doubled,
    )
    .unwrap();
    let refused = ledger.count(|outcome| matches!(outcome, Outcome::Refused(_)));
    let unanswered = ledger.count(|outcome| outcome == Outcome::Unanswered);
    println!("seed {seed}: {unanswered} without an answer, {} of them recorded; {refused} refused", compared.cut_off);
    assert_eq!((compared.lost, compared.doubled, compared.invented), (0, 0, 0));
    assert_eq!(compared.served, compared.counted);
    assert!(compared.served >= target);

    let raw = by_link(&rows);
    assert_eq!(raw.len(), LINKS);
    for table in ROLLUPS {
        assert_eq!(rollup(&pool, table).await, raw, "{table} agrees with the raw rows for every link");
    }
    ledgers_hold(&platform, &pool, compared.counted).await;
    let shown: BTreeMap<i64, i64> = account.clicks_of_links().await.unwrap().into_iter().collect();
    assert_eq!(shown, raw, "the API shows what was counted");
}

/// Waits until so many redirects were received.
async fn reach(load: &Load, clicks: u64) {
    let mut last = 0;
    while load.answered() < clicks {
        // However slow the machine is, it must get on.
        until(async || load.answered() > last, Duration::from_secs(60), "redirects go on").await;
        last = load.answered();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn rollup(pool: &PgPool, table: &'static str) -> BTreeMap<i64, i64> {
    let sql = format!("SELECT link_id, sum(clicks)::bigint FROM analytics.{table} WHERE link_id <> 0 GROUP BY link_id");
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.expect("the counters");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The identities of the services themselves: what the redirector served is counted, waiting or dropped by reason, and
/// what analytics-svc is through with is counted, lost or refused by reason. After the drain: all counted.
async fn ledgers_hold(platform: &Platform, pool: &PgPool, counted: u64) {
    let dropped = platform.metric("redirector", "redirector_clicks_dropped_total", "").await;
    assert_eq!(dropped, Some(0.0), "the redirector dropped nothing");
    let (through, lost, refused): (i64, i64, i64) = sqlx::query_as(
        "SELECT sum(last_seq)::bigint, sum(lost)::bigint, sum(refused)::bigint FROM analytics.producers",
    )
    .fetch_one(pool)
    .await
    .expect("the positions");
    assert_eq!((through, lost, refused), (counted as i64, 0, 0), "positions of all producers");
    let workspace: i64 =
        sqlx::query_scalar("SELECT sum(clicks)::bigint FROM analytics.clicks_by_ever WHERE link_id = 0")
            .fetch_one(pool)
            .await
            .expect("the workspace's counter");
    assert_eq!(workspace, counted as i64, "the counter of the workspace");
}
