//! F7: a wire that is slow, thin, torn or silent makes things late or refused, and never holds them up for good.
//!
//! Each edge in turn gets each fault under a steady load. `F07_SECONDS` says how long nothing gets through (6).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_testkit::{Fault, holds_within, until};

use crate::account::Account;
use crate::edges::{self, Edge};
use crate::platform::{Platform, variable};
use crate::steady::{Asked, Steady};

/// Requests a second. Reads that hear nothing are given up after two seconds; twenty of them in a row open the circuit.
const RATE: u32 = 50;

/// No request takes longer: the gateway's bound and a little for a machine that is busy.
const LONGEST: Duration = Duration::from_secs(12);

/// So soon a circuit opens when nothing gets through any more, and so soon everything is well when the wire is mended: twice what it
/// takes on a machine that has nothing else to do.
const OPENS: Duration = Duration::from_secs(5);
const CLOSES: Duration = Duration::from_secs(8);

/// So soon a connection whose other end is gone without a word is replaced by another: twice the time of a ping and its answer.
const REPLACED: Duration = Duration::from_secs(14);

/// So many good answers in a row say that all is well.
const WELL: usize = 10;

/// Files and tasks that may be there more than before: connections of pools that the first load had no need of.
const MORE_FILES: f64 = 24.0;
const MORE_TASKS: f64 = 32.0;

const SERVICES: [&str; 3] = ["gateway", "shortener", "redirector"];

/// One edge under load.
struct Trial<'a> {
    platform: &'a Platform,
    edge: &'a Edge,
    load: Steady,
    complaints: &'a mut Vec<String>,
}

impl Trial<'_> {
    fn complain(&mut self, fault: &str, what: String) {
        self.complaints.push(format!("{} {fault}: {what}", self.edge.name));
    }

    /// Breaks the wire for a while and waits until all is well again.
    async fn fault(&mut self, name: &str, fault: Fault, length: Duration) {
        let start = Instant::now();
        self.edge.proxy.set(fault);
        tokio::time::sleep(length).await;
        self.mend(name, start).await;
    }

    async fn mend(&mut self, name: &str, start: Instant) {
        let mended = Instant::now();
        self.edge.proxy.set(Fault::None);
        let well = holds_within(async || self.load.is_well(mended, WELL) && !self.is_open().await, CLOSES * 4).await;
        let took = mended.elapsed();
        let during: Vec<Asked> = self.load.since(start).into_iter().filter(|asked| asked.sent < mended).collect();
        let good = during.iter().filter(|asked| asked.good).count();
        say(format!("f07 {} {name}: {good} of {} good, well after {took:.1?}", self.edge.name, during.len()));
        if !well || took > CLOSES {
            self.complain(name, format!("not well {took:?} after it was mended"));
        }
        if self.edge.dispensable && good < during.len() {
            self.complain(name, format!("{} of {} requests failed", during.len() - good, during.len()));
        }
    }

    /// Whether the circuit breaker of the edge is open.
    async fn is_open(&self) -> bool {
        let Some(backend) = self.edge.backend else { return false };
        let label = format!("backend=\"{backend}\"");
        self.platform.metric(self.edge.service, "rpc_client_breaker_open", &label).await.is_some_and(|open| open > 0.0)
    }

    /// Nothing gets through: the circuit opens soon.
    async fn blackhole(&mut self) {
        let start = Instant::now();
        self.edge.proxy.set(Fault::Blackhole);
        if self.edge.backend.is_some() {
            let opened = holds_within(async || self.is_open().await, OPENS * 2).await;
            let took = start.elapsed();
            say(format!("f07 {} blackhole: open after {took:.1?}", self.edge.name));
            if !opened || took > OPENS {
                self.complain(
                    "blackhole",
                    format!("the circuit is {} after {took:?}", if opened { "open" } else { "closed" }),
                );
            }
        }
        let length = Duration::from_secs(variable("F07_SECONDS", 6));
        tokio::time::sleep(length.saturating_sub(start.elapsed())).await;
        self.mend("blackhole", start).await;
    }

    /// The other ends of all connections are gone without a word; nothing is mended.
    async fn half_open(&mut self) {
        let start = Instant::now();
        self.edge.proxy.silence();
        // What was asked before may be answered by a wire that still worked.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let since = Instant::now();
        let well = holds_within(async || self.load.is_well(since, WELL), REPLACED * 2).await;
        let took = start.elapsed();
        say(format!("f07 {} half open: well after {took:.1?}", self.edge.name));
        if !well || took > REPLACED {
            self.complain("half open", format!("not well after {took:?}"));
        }
    }
}

fn say(line: String) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Open files and living tasks of the services.
async fn held(platform: &Platform) -> BTreeMap<&'static str, (f64, f64)> {
    let mut held = BTreeMap::new();
    for service in SERVICES {
        let files = platform.metric(service, "process_open_fds", "").await.unwrap_or_default();
        let tasks = platform.metric(service, "process_alive_tasks", "").await.unwrap_or_default();
        held.insert(service, (files, tasks));
    }
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f07_partitions_and_latency_degrade_and_never_wedge() {
    let database = curtail_testkit::database().await;
    let settings = [
        ("CURTAIL_PLANS__FREE__REQUESTS_PER_MINUTE", "1000000".to_owned()),
        ("CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE", "1000000".to_owned()),
        // The wire is to decide, not how busy the machine is.
        ("CURTAIL_REDIRECTOR__FILL_TIMEOUT_MS", "1000".to_owned()),
    ];
    let mut platform = Platform::start_whole(database.url.expose(), &settings).await;
    let account = Arc::new(Account::register(&platform.gateway).await);
    let edges = edges::lay(&mut platform, &account).await;
    for edge in &edges {
        let load = Steady::start(edge.request.clone(), RATE);
        let start = Instant::now();
        until(async || load.is_well(start, RATE as usize), CLOSES * 4, &format!("{} works at first", edge.name)).await;
        load.stop().await;
    }
    let before = held(&platform).await;

    let mut complaints = Vec::new();
    for edge in &edges {
        let load = Steady::start(edge.request.clone(), RATE);
        let mut trial = Trial { platform: &platform, edge, load, complaints: &mut complaints };
        trial.fault("+200 ms", Fault::Delay(Duration::from_millis(100)), Duration::from_millis(1500)).await;
        trial.fault("resets", Fault::Reset { one_in: 20 }, Duration::from_secs(2)).await;
        trial.fault("1 KiB/s", Fault::Trickle(1024), Duration::from_secs(3)).await;
        trial.half_open().await;
        trial.blackhole().await;
        let asked = trial.load.stop().await;
        let slowest = asked.iter().map(|asked| asked.took).max().unwrap_or_default();
        say(format!("f07 {}: {} requests, the slowest took {slowest:.1?}", edge.name, asked.len()));
        if slowest > LONGEST {
            complaints.push(format!("{}: a request took {slowest:?}", edge.name));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");

    // What works in the background on connections of its own is not held up either: numbers are leased, events are published.
    let published = async || platform.metric("shortener", "outbox_published_total", "").await.unwrap_or_default();
    let so_far = published().await;
    let (link, reply) = account.create_link().await;
    assert!(link.is_some(), "a link is made: {reply:?}");
    until(async || published().await > so_far, REPLACED * 2, "its event is published").await;

    let mut after = BTreeMap::new();
    let released = async || {
        after = held(&platform).await;
        after.iter().all(|(service, now)| {
            let then = before[service];
            now.0 <= then.0 + MORE_FILES && now.1 <= then.1 + MORE_TASKS
        })
    };
    let released = holds_within(released, Duration::from_secs(60)).await;
    say(format!("f07 files and tasks: {before:?} before, {after:?} after"));
    assert!(released, "nothing is held for good: {before:?} before, {after:?} after");
}
