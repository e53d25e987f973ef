//! From the configuration to a running service.

use std::net::SocketAddr;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_streams::{Consumer, topology};

use crate::context::JobContext;
use crate::jobs::Job;
use crate::{MIGRATOR, erasure, metrics, scheduler};

/// A service that has its ports. It stops when its shutdown begins.
pub struct Running {
    /// Where `/health/*` and `/metrics` are served.
    pub admin_addr: SocketAddr,
    /// Whether it is ready.
    pub readiness: Readiness,
    tasks: Tasks,
}

impl Running {
    /// Waits for the end.
    ///
    /// # Errors
    /// When a part failed; then all of it stops.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Runs the service until `shutdown`.
///
/// # Errors
/// When the configuration does not work out, a port is taken or migrations are missing. Stores and peers that are away are
/// waited for.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let running = start(config, Clock::system(), shutdown).await?;
    tracing::info!(admin = %running.admin_addr, "looking after time");
    running.join().await
}

/// Takes the ports and starts every task.
///
/// # Errors
/// As for [`run`], except for missing migrations: those fail [`Running::join`].
pub async fn start(config: Config, clock: Clock, shutdown: Shutdown) -> anyhow::Result<Running> {
    metrics::describe();
    let readiness = Readiness::new();
    let admin = Admin::bind(config.expiry.admin_listen, readiness.clone()).await.context("expiry.admin_listen")?;
    let admin_addr = admin.local_addr();
    let context = JobContext::new(&config, clock, shutdown.clone()).await?;
    let worker = format!("{admin_addr} pid {}", std::process::id());
    let accounts = Consumer::new(
        &config.redis,
        topology::ACCOUNTS,
        erasure::GROUP,
        &format!("expiry {admin_addr}"),
        &config.streams,
    )
    .await?;
    let database = readiness.latch("database");
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("admin", admin.serve(shutdown.clone()));
    tasks.spawn("jobs", async move {
        tokio::select! {
            migrated = curtail_db::wait_migrated(&context.pool, &MIGRATOR) => migrated?,
            () = shutdown.draining() => return Ok(()),
        }
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("erasure", erasure::run(accounts, context.redis.clone(), shutdown));
        for job in Job::ALL {
            tasks.spawn(job.name(), scheduler::run(job, context.clone(), worker.clone(), database.clone()));
        }
        tasks.join().await
    });
    Ok(Running { admin_addr, readiness, tasks })
}
