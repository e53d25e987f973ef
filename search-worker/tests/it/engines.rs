//! The engines that the behaviours are held against: the embedded one, and a real OpenSearch and Elasticsearch where Java and Maven can bring
//! them.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use curtail_config::Secret;
use curtail_testkit::Process;
use tokio::sync::OnceCell;

use crate::world::World;

/// How long the first start may take: it fetches the engine.
const START: Duration = Duration::from_secs(600);

static OPENSEARCH: OnceCell<Option<Running>> = OnceCell::const_new();
static ELASTICSEARCH: OnceCell<Option<Running>> = OnceCell::const_new();

struct Running {
    url: String,
    /// Dies with the tests.
    _process: Process,
}

/// Each of these functions as a test on each engine.
macro_rules! on_every_engine {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::world::World::start().await).await;
            })*
        }
        mod opensearch {
            $(#[tokio::test]
            async fn $name() {
                if let Some(world) = $crate::engines::on("opensearch").await {
                    super::$name(world).await;
                }
            })*
        }
        mod elasticsearch {
            $(#[tokio::test]
            async fn $name() {
                if let Some(world) = $crate::engines::on("elasticsearch").await {
                    super::$name(world).await;
                }
            })*
        }
    };
}
pub(crate) use on_every_engine;

/// A world on an index of its own in the engine; `None` where the engine cannot be had.
pub async fn on(engine: &'static str) -> Option<World> {
    let running = if engine == "opensearch" { &OPENSEARCH } else { &ELASTICSEARCH };
    let running = running.get_or_init(|| start(engine)).await.as_ref()?;
    let mut config = curtail_testkit::config().await;
    config.search.elasticsearch_url = Secret::new(running.url.clone());
    config.search.elasticsearch_index = fresh_index();
    Some(World::with(config).await)
}

/// A name that no other test uses.
pub fn fresh_index() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn start(engine: &'static str) -> Option<Running> {
    let directory = curtail_testkit::config().await.search.index_dir + "-" + engine;
    let (port, log) = (curtail_testkit::free_port(), format!("{directory}.log"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/search-engine.sh");
    let arguments = [engine.to_owned(), directory, port.to_string(), curtail_testkit::free_port().to_string()];
    let mut process = Process::start(script, arguments, [], &log).expect("the script is there");
    let mut ready = false;
    let settled = async || {
        ready = std::fs::read_to_string(&log).is_ok_and(|log| log.contains("READY"));
        ready || !process.is_running()
    };
    curtail_testkit::until(settled, START, engine).await;
    if ready {
        return Some(Running { url: format!("http://127.0.0.1:{port}"), _process: process });
    }
    let why = std::fs::read_to_string(&log).unwrap_or_default();
    let why = why.lines().last().unwrap_or("no word of why");
    // Not by a macro: those are kept from the eyes when a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: the behaviours of search are not tried on {engine}: {why}");
    None
}
