//! From the configuration to a running service.

use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_service::{Deps, Running, ServiceHost};
use curtail_streams::{Consumer, topology};

use crate::context::JobContext;
use crate::jobs::Job;
use crate::{MIGRATOR, erasure, metrics, scheduler};

/// Binds the admin port and starts every task.
///
/// # Errors
/// When a setting is unusable or the port is taken. A missing migration fails [`Running::join`]. Stores and other services
/// that are unavailable are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running> {
    metrics::describe();
    let mut host = ServiceHost::bind(Service::Expiry, &config, &deps.clock, shutdown).await?;
    let context = JobContext::new(&config, deps.clock, host.shutdown()).await?;
    let addr = host.addr();
    let (worker, consumer) = (format!("{addr} pid {}", std::process::id()), format!("expiry {addr}"));
    let accounts = Consumer::new(&config.redis, topology::ACCOUNTS, erasure::GROUP, &consumer, &config.streams).await?;
    let database = host.latch("database");
    host.when_migrated(context.pool.clone(), &MIGRATOR, move |tasks| {
        tasks.task("erasure", |shutdown| erasure::run(accounts, context.redis.clone(), shutdown));
        for job in Job::ALL {
            tasks.spawn(job.name(), scheduler::run(job, context.clone(), worker.clone(), database.clone()));
        }
    });
    Ok(host.start(()))
}
