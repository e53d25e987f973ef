//! What the parts of webhooks share.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Tasks;
use curtail_outbound::{Client, Resolver, Rules};
use curtail_streams::{Consumer, RelayHandle, topology};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgPool;
use tokio::sync::Notify;

use super::secret::{SealKey, Secret};
use super::sender::Sender;
use super::{consume, limits, upkeep};

/// Members of the group on the stream of links. Deliveries need no order, and several commits can wait for the disk together.
const LINK_READERS: u32 = 4;

/// The webhooks of all workspaces. Clones share everything.
#[derive(Clone)]
pub struct App {
    pub(super) pool: PgPool,
    pub(super) clock: Clock,
    pub(super) ids: curtail_ids::Generator,
    pub(super) rules: Arc<Rules>,
    pub(super) client: Client,
    pub(super) seal_key: SealKey,
    /// Told when something may have come due.
    pub(super) due: Arc<Notify>,
    pub(super) settings: curtail_config::Webhooks,
    /// Told when there is a notice to be published.
    pub(super) notices: RelayHandle,
    rng: Arc<Mutex<StdRng>>,
}

impl App {
    /// Webhooks over the schema of `pool`. `rng` seeds secrets, ids of tests and jitter.
    ///
    /// # Errors
    /// When the file of authorities cannot be read.
    pub fn new(
        config: &Config,
        pool: PgPool,
        clock: Clock,
        ids: curtail_ids::Generator,
        notices: RelayHandle,
        rng: StdRng,
    ) -> anyhow::Result<Self> {
        let settings = &config.webhooks;
        let rules = Arc::new(Rules::new(settings.allowed_networks.clone(), settings.allow_http));
        let authorities = match settings.ca_file.as_str() {
            "" => Vec::new(),
            path => curtail_outbound::authorities(Path::new(path))?,
        };
        let bounds = curtail_outbound::Limits {
            time: Duration::from_millis(settings.timeout_ms),
            answer_bytes: limits::ANSWER_BYTES,
        };
        Ok(Self {
            client: Client::new(Arc::clone(&rules), Resolver::System, authorities, bounds)?,
            seal_key: SealKey::derive(&config.notify.master_key.key32()),
            due: Arc::default(),
            settings: settings.clone(),
            rng: Arc::new(Mutex::new(rng)),
            notices,
            pool,
            clock,
            ids,
            rules,
        })
    }

    /// The consumers of every stream that webhooks are sent for, each with the name of its task.
    ///
    /// # Errors
    /// When the address of Redis is unusable.
    pub async fn consumers(&self, config: &Config) -> anyhow::Result<Vec<(&'static str, Consumer)>> {
        let mut consumers = Vec::new();
        for (task, stream, readers) in [
            ("webhooks links", topology::LINKS, LINK_READERS),
            ("webhooks alerts", topology::ALERTS, 1),
            ("webhooks accounts", topology::ACCOUNTS, 1),
        ] {
            for reader in 0..readers {
                let name = format!("notify {} {reader}", config.notify.listen);
                let consumer = Consumer::new(&config.redis, stream, consume::GROUP, &name, &config.streams).await?;
                consumers.push((task, consumer));
            }
        }
        Ok(consumers)
    }

    /// Starts the consumers, the sender and the upkeep.
    pub fn spawn(&self, consumers: Vec<(&'static str, Consumer)>, tasks: &mut Tasks) {
        for (task, consumer) in consumers {
            tasks.task(task, |shutdown| consume::run(consumer, self.clone(), shutdown));
        }
        tasks.task("webhooks sender", |shutdown| Sender::new(self.clone()).run(shutdown));
        tasks.task("webhooks upkeep", |shutdown| upkeep::run(self.clone(), shutdown));
    }

    pub(super) fn new_secret(&self) -> Secret {
        Secret::generate(&mut *self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn new_event_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut id);
        id
    }

    /// A generator of its own for a task.
    pub(super) fn fork_rng(&self) -> StdRng {
        StdRng::from_rng(&mut *self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
