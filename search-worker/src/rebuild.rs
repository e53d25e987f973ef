//! Building the index again from the source of truth, while searches and events go on.
//!
//! Events go into the index that serves and, from the moment it is begun, into the one that is being built; links are read from
//! shortener-svc only after that moment. So each change is met at least once on one of the two ways, and versions decide when it is
//! met on both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_lifecycle::{Latch, Shutdown};
use curtail_proto::links::v1::ScanLinksRequest;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_rpc::CallContext;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::engine::Engine;
use crate::entry::Change;

/// Links of one page.
const PAGE: u32 = 1_000;
/// How long a page may take: the database may be busy, and no one waits for it.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a page is asked for before the build is given up.
const TRIES: u32 = 5;
/// The pause before something is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A build of the index: the present one, or the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Counts the builds of this process.
    pub number: u64,
    /// Whether it is under way, or about to begin.
    pub running: bool,
    /// Links that were read so far.
    pub scanned: u64,
    /// When it began.
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    pub finished_at: Option<OffsetDateTime>,
    /// Why it failed; empty when it did not.
    pub error: String,
}

/// Asks for builds and tells how far they are.
#[derive(Clone, Default)]
pub struct Rebuilds {
    progress: Arc<Mutex<Progress>>,
    wanted: Arc<Notify>,
}

impl Rebuilds {
    /// Starts a build, unless one is under way.
    pub fn start(&self, now: OffsetDateTime) -> Progress {
        let mut progress = self.lock();
        if !progress.running {
            let number = progress.number + 1;
            *progress = Progress { number, running: true, started_at: Some(now), ..Progress::default() };
            self.wanted.notify_one();
        }
        progress.clone()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Builds the index when it is asked to, and when there is none.
pub struct Builder {
    /// What is built.
    pub engine: Engine,
    /// Where the links are.
    pub links: LinkServiceClient<curtail_rpc::Channel>,
    /// What time it is.
    pub clock: Clock,
    /// Who asks.
    pub rebuilds: Rebuilds,
    /// Set while there is an index to search.
    pub latch: Latch,
}

impl Builder {
    /// Runs until the process drains.
    ///
    /// # Errors
    /// None: what fails is told, and tried again when there is no index without it.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        while !shutdown.is_draining() {
            match self.engine.is_serving().await {
                Ok(true) => self.latch.set(true),
                Ok(false) => {
                    self.rebuilds.start(self.clock.now());
                }
                Err(error) => {
                    tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "the engine does not answer");
                    self.latch.set(false);
                }
            }
            tokio::select! {
                () = self.rebuilds.wanted.notified() => self.build_and_tell(&shutdown).await,
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown.draining() => break,
            }
        }
        Ok(())
    }

    async fn build_and_tell(&self, shutdown: &Shutdown) {
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = self.build() => outcome,
            () = shutdown.draining() => Err(anyhow::anyhow!("the process stopped")),
        };
        let mut progress = self.rebuilds.lock();
        (progress.running, progress.finished_at) = (false, Some(self.clock.now()));
        let (links, seconds) = (progress.scanned, began.elapsed().as_secs_f64());
        match outcome {
            Ok(()) => tracing::info!(links, seconds, "the index was built"),
            Err(error) => {
                progress.error = format!("{error:#}");
                tracing::error!(links, seconds, error = progress.error, "the index was not built");
            }
        }
    }

    async fn build(&self) -> anyhow::Result<()> {
        self.engine.begin_rebuild().await?;
        let mut after_id = 0;
        loop {
            let page = self.page(after_id).await?;
            let read = page.links.len() as u64;
            let mut changes = Vec::with_capacity(page.links.len());
            for link in page.links {
                let id = link.id;
                match Change::of(link) {
                    Ok(change) => changes.push(change),
                    Err(error) => tracing::error!(id, %error, "left out of the index"),
                }
            }
            self.engine.load(changes).await?;
            self.rebuilds.lock().scanned += read;
            after_id = page.next_after_id;
            if after_id == 0 {
                self.engine.finish_rebuild().await?;
                return Ok(());
            }
        }
    }

    async fn page(&self, after_id: i64) -> anyhow::Result<curtail_proto::links::v1::ScanLinksResponse> {
        let mut tries = 0;
        loop {
            let context = CallContext::new(Instant::now() + PAGE_TIMEOUT).read();
            match self.links.clone().scan_links(context.request(ScanLinksRequest { after_id, limit: PAGE })).await {
                Ok(page) => return Ok(page.into_inner()),
                Err(status) => {
                    tries += 1;
                    if tries == TRIES {
                        return Err(status).context("reading links");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_that_is_under_way_is_joined() {
        let (rebuilds, now) = (Rebuilds::default(), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(rebuilds.progress(), Progress::default());
        let first = rebuilds.start(now);
        assert_eq!((first.number, first.running), (1, true));
        assert_eq!(rebuilds.start(now), first);
        rebuilds.lock().running = false;
        assert_eq!(rebuilds.start(now).number, 2);
    }
}
