//! The long-lived tasks of a process.

use std::{collections::HashMap, future::Future, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::task::{Id, JoinError, JoinSet};

use crate::Shutdown;

/// How long tasks have to notice that they were aborted, before they are dropped where they stand.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// Runs named tasks until the process stops. Each is expected to run until [`Shutdown::draining`]: one that fails, panics or
/// ends earlier stops the process, because a process without its consumer or listener only looks alive.
pub struct Tasks {
    shutdown: Shutdown,
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, set: JoinSet::new(), names: HashMap::new() }
    }

    /// Starts a task that takes the shutdown of the process.
    pub fn task<F>(&mut self, name: &'static str, run: impl FnOnce(Shutdown) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.spawn(name, run(self.shutdown.clone()));
    }

    /// Starts a task. `name` appears in errors and logs.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let id = self.set.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits for all tasks. After the drain began they have `lifecycle.drain_timeout_ms`; then the shutdown is aborted.
    ///
    /// # Errors
    /// The first failure; so that a main that returns it ends with a non-zero exit.
    pub async fn join(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        let shutdown = self.shutdown.clone();
        tokio::select! {
            () = self.collect(&mut outcome) => return outcome,
            () = drain_time_passed(&shutdown) => {}
        }
        shutdown.abort();
        if tokio::time::timeout(ABORT_GRACE, self.collect(&mut outcome)).await.is_err() {
            let names: Vec<_> = self.names.values().copied().collect();
            tracing::warn!(tasks = names.join(", "), "did not stop in time and are dropped");
            self.set.shutdown().await;
            outcome = outcome.and_then(|()| Err(anyhow!("{} did not stop in time", names.join(", "))));
        }
        outcome
    }

    /// Takes in tasks that end, until none is left.
    async fn collect(&mut self, outcome: &mut anyhow::Result<()>) {
        while let Some(ended) = self.set.join_next_with_id().await {
            if let Err(error) = self.judge(ended) {
                tracing::error!(error = format!("{error:#}"), "a task failed; the process stops");
                self.shutdown.begin();
                if outcome.is_ok() {
                    *outcome = Err(error);
                }
            }
        }
    }

    fn judge(&mut self, ended: Result<(Id, anyhow::Result<()>), JoinError>) -> anyhow::Result<()> {
        match ended {
            Ok((id, result)) => {
                let name = self.names.remove(&id).unwrap_or("unnamed");
                result.with_context(|| format!("{name} failed"))?;
                if self.shutdown.is_stopping() {
                    Ok(())
                } else {
                    Err(anyhow!("{name} ended although the process is not stopping"))
                }
            }
            Err(error) => {
                let name = self.names.remove(&error.id()).unwrap_or("unnamed");
                Err(anyhow!(error).context(format!("{name} panicked")))
            }
        }
    }
}

async fn drain_time_passed(shutdown: &Shutdown) {
    shutdown.draining().await;
    tokio::select! {
        () = tokio::time::sleep(shutdown.drain_timeout()) => {}
        () = shutdown.aborted() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_task_stops_the_others_and_its_error_is_the_outcome() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        let other = shutdown.clone();
        tasks.spawn("listener", async move {
            other.draining().await;
            Ok(())
        });
        tasks.spawn("relay", async { Err(anyhow!("no database")) });
        assert_eq!(format!("{:#}", tasks.join().await.unwrap_err()), "relay failed: no database");
    }

    #[tokio::test]
    async fn a_task_that_panics_or_ends_early_is_a_failure() {
        let mut tasks = Tasks::new(Shutdown::new());
        tasks.spawn("consumer", async { panic!("boom") });
        assert!(format!("{:#}", tasks.join().await.unwrap_err()).contains("consumer panicked"));
        let mut tasks = Tasks::new(Shutdown::new());
        tasks.spawn("consumer", async { Ok(()) });
        assert!(format!("{:#}", tasks.join().await.unwrap_err()).contains("is not stopping"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_that_takes_too_long_is_aborted() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        let slow = shutdown.clone();
        tasks.spawn("slow", async move {
            slow.aborted().await;
            Ok(())
        });
        tasks.spawn("stuck", std::future::pending());
        shutdown.begin();
        let start = tokio::time::Instant::now();
        assert_eq!(tasks.join().await.unwrap_err().to_string(), "stuck did not stop in time");
        assert_eq!(start.elapsed(), shutdown.drain_timeout() + ABORT_GRACE);
    }
}
