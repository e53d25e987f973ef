//! The embedded search index by itself: how fast it is built, how large it gets, and how long a search takes at BENCH_LINKS links (a
//! million), half of them in one workspace and the rest spread over a thousand.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_proto::links::v1::{Link, Tag};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use search_worker::engine::Engine;
use search_worker::entry::Change;
use search_worker::question::Question;

/// Links of one step of the build, as `ScanLinks` gives them.
const PAGE: usize = 1_000;
/// Searches of each kind.
const SEARCHES: usize = 500;
/// The workspace with half of the links.
const LARGE: i64 = 1;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let links: usize =
        std::env::var("BENCH_LINKS").map_or(Ok(1_000_000), |links| links.parse()).context("BENCH_LINKS")?;
    let dir = std::env::temp_dir().join(format!("curtail-bench-search-{}", std::process::id()));
    let mut config = curtail_config::Config::for_tests();
    config.search.index_dir = dir.to_string_lossy().into_owned();
    let engine = Engine::of(&config.search, Clock::system())?;
    let measured = measure(&engine, links).await;
    std::fs::remove_dir_all(&dir)?;
    measured
}

async fn measure(engine: &Engine, links: usize) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(4);
    let words = vocabulary(&mut rng);
    let (mut building, mut id) = (Duration::ZERO, 0_i64);
    engine.begin_rebuild().await?;
    for _ in 0..links.div_ceil(PAGE) {
        let page: Vec<Change> = (0..PAGE).map(|_| link(&mut rng, &words, &mut id)).collect::<Result<_, _>>()?;
        let began = Instant::now();
        engine.load(page).await?;
        building += began.elapsed();
    }
    let began = Instant::now();
    engine.finish_rebuild().await?;
    building += began.elapsed();
    let (documents, bytes) = engine.size().await?;
    println!(
        "{documents} links: built at {:.0}/s, {} bytes each",
        documents as f64 / building.as_secs_f64(),
        bytes / documents.max(1)
    );

    println!("search (ms)                     half of all: p50    p99   1/2000 of all: p50    p99");
    for (name, kind) in
        [("one word", 0), ("one word with a typo", 1), ("two words, the last begun", 2), ("three letters begun", 3)]
    {
        let (large, small) = (LARGE, 2);
        let (large, small) = (
            searches(engine, &mut rng, &words, kind, large).await?,
            searches(engine, &mut rng, &words, kind, small).await?,
        );
        println!("{name:<31} {:>16.2} {:>6.2} {:>20.2} {:>6.2}", large.0, large.1, small.0, small.1);
    }
    Ok(())
}

/// p50 and p99 of searches of one kind, in milliseconds.
async fn searches(
    engine: &Engine,
    rng: &mut StdRng,
    words: &[String],
    kind: u8,
    workspace: i64,
) -> anyhow::Result<(f64, f64)> {
    let mut times = Vec::new();
    for _ in 0..SEARCHES {
        let (first, second) = (pick(rng, words), pick(rng, words));
        let words = match kind {
            0 => vec![first.to_owned()],
            1 => vec![format!("{}x{}", &first[..2], &first[3..])],
            2 => vec![first.to_owned(), second[..3].to_owned()],
            _ => vec![first[..3].to_owned()],
        };
        let question = Question {
            workspace,
            words,
            tags: Vec::new(),
            states: Vec::new(),
            domain: String::new(),
            limit: 20,
            after: None,
            now_us: 0,
        };
        let began = Instant::now();
        engine.search(question).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok((times[SEARCHES / 2], times[SEARCHES * 99 / 100]))
}

/// Twenty thousand made-up words of 4 to 10 letters.
fn vocabulary(rng: &mut StdRng) -> Vec<String> {
    let letter = |rng: &mut StdRng, n: usize| {
        let letters = if n.is_multiple_of(2) { "bcdfghklmnprstvw" } else { "aeiou" };
        char::from(letters.as_bytes()[rng.random_range(0..letters.len())])
    };
    (0..20_000).map(|_| (0..rng.random_range(4..=10)).map(|n| letter(rng, n)).collect()).collect()
}

/// A word, the first ones far more often than the last.
fn pick<'w>(rng: &mut StdRng, words: &'w [String]) -> &'w str {
    let skewed = rng.random::<f64>().powi(3) * words.len() as f64;
    &words[(skewed as usize).min(words.len() - 1)]
}

fn link(rng: &mut StdRng, words: &[String], id: &mut i64) -> anyhow::Result<Change> {
    *id += 1;
    let mut text = |count: usize| (0..count).map(|_| pick(rng, words)).collect::<Vec<_>>().join(" ");
    let (title, description, path, tag) = (text(4), text(12), text(2).replace(' ', "/"), text(1));
    let host = rng.random_range(0..1_000);
    let workspace_id = if rng.random_bool(0.5) { LARGE } else { rng.random_range(2..1_002) };
    let code: String = (0..7).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect();
    Ok(Change::of(Link {
        id: *id,
        workspace_id,
        version: 1,
        domain: "go.example".into(),
        code,
        url: format!("https://host{host}.example/{path}"),
        title,
        description,
        tags: vec![Tag { name: tag, ..Tag::default() }],
        ..Link::default()
    })?)
}
