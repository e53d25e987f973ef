//! Competes for the shards of the click stream and consumes those that this process gets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_lifecycle::{Backoff, Shutdown, Tasks};
use curtail_streams::Group;
use sqlx::PgPool;

use super::commit::CommitError;
use super::entries::{CONSUMER, GROUP};
use super::lease::Lease;
use super::measure;
use super::portion::Portion;
use super::session::{self, Context, SessionError};
use crate::enrich::Geo;
use crate::live::{Publisher, Watched};
use crate::retention::Retention;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const LASTED: Duration = Duration::from_secs(10);

/// All click shards, as this process sees them.
pub struct Shards {
    context: Context,
    redis: curtail_config::Redis,
    owner: String,
    lease: Duration,
    /// The most clicks of a transaction.
    batch_clicks: usize,
    count: u32,
}

impl Shards {
    /// `owner` is a name that no other process has.
    pub async fn new(
        config: &curtail_config::Config,
        pool: PgPool,
        clock: curtail_clock::Clock,
        geo: Option<Arc<Geo>>,
        (watched, publisher): (Arc<Watched>, Publisher),
        owner: String,
    ) -> anyhow::Result<Self> {
        let context = Context {
            pool,
            redis: curtail_streams::connect(&config.redis).await?,
            clock,
            geo,
            retention: Retention::of(&config.analytics),
            watched,
            publisher,
            trim_interval: Duration::from_millis(config.streams.trim_interval_ms),
        };
        Ok(Self {
            context,
            redis: config.redis.clone(),
            owner,
            lease: Duration::from_millis(config.analytics.shard_lease_ms),
            batch_clicks: config.analytics.batch_clicks,
            count: config.streams.click_shards,
        })
    }

    /// Starts a task for each shard.
    pub fn spawn(self, tasks: &mut Tasks) {
        let shards = Arc::new(self);
        for shard in 0..shards.count {
            let shards = Arc::clone(&shards);
            tasks.task("click shard", |shutdown| async move { shards.compete(shard as i32, shutdown).await });
        }
    }

    /// Consumes the shard whenever it can be had, until draining begins.
    async fn compete(&self, shard: i32, shutdown: Shutdown) -> anyhow::Result<()> {
        let stream = curtail_streams::topology::click_stream(shard);
        let mut group = Group::new(&self.redis, self.context.redis.clone(), &stream, GROUP, CONSUMER)?;
        let portion = Portion::new(self.batch_clicks);
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        while !shutdown.is_draining() {
            let pause;
            match Lease::acquire(&self.context.pool, shard, &self.owner, self.lease).await {
                Ok(Some(lease)) => {
                    tracing::info!(shard, fence = lease.fence, "owns a click shard");
                    measure::owner(shard, true);
                    let started = Instant::now();
                    let ended = session::run(&self.context, &mut group, &lease, &portion, &shutdown).await;
                    measure::owner(shard, false);
                    match ended {
                        Ok(()) => {
                            lease.release(&self.context.pool).await.ok();
                            break;
                        }
                        // Someone else goes on; there is nothing to wait for but their lease.
                        Err(SessionError::Commit(CommitError::Fenced)) => {
                            tracing::warn!(shard, "another process has taken over the shard");
                            backoff.reset();
                            pause = FIRST_PAUSE;
                        }
                        // The next batches are smaller.
                        Err(SessionError::Refused(error)) => {
                            tracing::warn!(shard, error = %error, "looking for the clicks that are refused");
                            backoff.reset();
                            pause = FIRST_PAUSE;
                        }
                        Err(error) => {
                            tracing::warn!(shard, error = %error, "consuming was interrupted");
                            // A session that lasted has earned a quick retry.
                            if started.elapsed() > LASTED {
                                backoff.reset();
                            }
                            pause = backoff.next_pause();
                        }
                    }
                }
                Ok(None) => pause = self.lease / 4,
                Err(error) => {
                    tracing::warn!(shard, error = %error, "cannot ask for the shard");
                    pause = backoff.next_pause();
                }
            }
            shutdown.sleep(pause).await;
        }
        Ok(())
    }
}
