//! Stopping in two stages.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells everything in a process to stop. Clones share one state.
///
/// | stage | begins with | what to do |
/// |---|---|---|
/// | stopping | the first SIGTERM or SIGINT, a failed task, [`Shutdown::begin`] | readiness is off, everything else goes on |
/// | draining | `lifecycle.drain_delay_ms` later | accept nothing new, finish what is in flight |
/// | aborted | a second signal, or a drain longer than `lifecycle.drain_timeout_ms` | drop what is left |
#[derive(Clone, Debug)]
pub struct Shutdown {
    stopping: CancellationToken,
    draining: CancellationToken,
    aborted: CancellationToken,
    drain_delay: Duration,
    drain_timeout: Duration,
}

impl Shutdown {
    /// A shutdown that only [`Shutdown::begin`] starts, without a delay. For tests and tools.
    pub fn new() -> Self {
        Self::with_times(Duration::ZERO, Duration::from_secs(20))
    }

    /// A shutdown with the times of the configuration that listens to no signals.
    pub fn configured(settings: &curtail_config::Lifecycle) -> Self {
        Self::with_times(
            Duration::from_millis(settings.drain_delay_ms),
            Duration::from_millis(settings.drain_timeout_ms),
        )
    }

    /// A shutdown that SIGTERM and SIGINT start; a second signal aborts. Needs a Tokio runtime.
    ///
    /// # Panics
    /// When the signal handlers cannot be installed.
    pub fn from_signals(settings: &curtail_config::Lifecycle) -> Self {
        let shutdown = Self::configured(settings);
        // Installed before this returns: a signal must not kill a process that believes it can drain.
        let terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
        let interrupt = signal(SignalKind::interrupt()).expect("SIGINT can be handled");
        tokio::spawn(shutdown.clone().follow(terminate, interrupt));
        shutdown
    }

    fn with_times(drain_delay: Duration, drain_timeout: Duration) -> Self {
        Self {
            stopping: CancellationToken::new(),
            draining: CancellationToken::new(),
            aborted: CancellationToken::new(),
            drain_delay,
            drain_timeout,
        }
    }

    async fn follow(self, mut terminate: Signal, mut interrupt: Signal) {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: finishing what is in flight");
        self.begin();
        next(&mut terminate, &mut interrupt).await;
        tracing::warn!("second signal: giving up what is in flight");
        self.abort();
    }

    /// Starts the first stage. Repeating it changes nothing. With a delay, needs a Tokio runtime.
    pub fn begin(&self) {
        if self.stopping.is_cancelled() {
            return;
        }
        self.stopping.cancel();
        if self.drain_delay.is_zero() {
            self.draining.cancel();
        } else {
            let Self { draining, drain_delay, .. } = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(drain_delay).await;
                draining.cancel();
            });
        }
    }

    /// Starts the last stage at once.
    pub fn abort(&self) {
        self.stopping.cancel();
        self.draining.cancel();
        self.aborted.cancel();
    }

    /// Waits for the end of readiness.
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Waits until listeners should close.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Waits until even work in flight should be dropped.
    pub async fn aborted(&self) {
        self.aborted.cancelled().await;
    }

    /// Sleeps, unless listeners close before that. Returns `true` after the whole time, `false` at once when the process
    /// drains: `while shutdown.sleep(INTERVAL).await { … }`.
    pub async fn sleep(&self, duration: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.draining() => false,
            () = tokio::time::sleep(duration) => true,
        }
    }

    /// Whether the process is on its way out, be it with listeners that are still open.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Whether listeners should be closed.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// How long the drain may take before it is aborted.
    pub fn drain_timeout(&self) -> Duration {
        self.drain_timeout
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn draining_begins_a_delay_after_stopping() {
        let shutdown = Shutdown::with_times(Duration::from_millis(200), Duration::from_secs(1));
        shutdown.begin();
        assert!(shutdown.is_stopping() && !shutdown.is_draining());
        let start = tokio::time::Instant::now();
        shutdown.draining().await;
        assert_eq!(start.elapsed(), Duration::from_millis(200));
    }

    #[tokio::test(start_paused = true)]
    async fn sleep_ends_early_only_when_the_process_drains() {
        let shutdown = Shutdown::with_times(Duration::from_secs(5), Duration::from_secs(1));
        assert!(shutdown.sleep(Duration::from_secs(60)).await);
        let start = tokio::time::Instant::now();
        shutdown.begin();
        assert!(!shutdown.sleep(Duration::from_secs(60)).await);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert!(!shutdown.sleep(Duration::ZERO).await, "draining goes first");
    }

    #[tokio::test]
    async fn without_a_delay_both_begin_together_and_abort_passes_all_stages() {
        let shutdown = Shutdown::new();
        shutdown.clone().begin();
        assert!(shutdown.is_draining() && !shutdown.aborted.is_cancelled());
        let shutdown = Shutdown::new();
        shutdown.abort();
        shutdown.stopping().await;
        shutdown.draining().await;
        shutdown.aborted().await;
    }
}
