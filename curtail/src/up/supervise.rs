//! Keeps children running.

use std::time::Duration;

use curtail_lifecycle::Backoff;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::process::Spec;
use crate::terminal;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A child that ran this long is healthy: its next end is a new story with a short pause.
const HEALTHY: Duration = Duration::from_secs(60);

/// A group of children that stop together.
pub(crate) struct Group {
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Group {
    /// No children yet.
    pub(crate) fn new() -> Self {
        Self { stop: CancellationToken::new(), tracker: TaskTracker::new() }
    }

    /// Starts a child and starts it again whenever it ends, after a pause that grows while it keeps ending. Tasks run on the
    /// thread of the single-threaded runtime, which is the main thread, as [`Spec::spawn`] demands.
    pub(crate) fn add(&self, spec: Spec) {
        self.tracker.spawn(supervise(spec, self.stop.clone()));
    }

    /// Stops all of them and waits until they are gone.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

async fn supervise(spec: Spec, stop: CancellationToken) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    while !stop.is_cancelled() {
        let started = Instant::now();
        let ending = match spec.spawn() {
            Ok(mut child) => tokio::select! {
                status = child.wait() => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
                () = stop.cancelled() => return spec.stop(&mut child).await,
            },
            Err(error) => format!("could not be started: {error}"),
        };
        if started.elapsed() >= HEALTHY {
            backoff.reset();
        }
        let pause = backoff.next_pause();
        terminal::complain(&format!(
            "{:<10} ended ({ending}); again in {:.1} s, see {}",
            spec.name,
            pause.as_secs_f32(),
            spec.log.display()
        ));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}
