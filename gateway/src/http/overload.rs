//! How many requests are worked on at once, and what happens to the rest.
//!
//! A request waits a moment for its place and is then refused, because an answer that comes too late costs as much as one
//! in time. A gateway that refuses much says so by its readiness, so that load balancers send less.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use curtail_lifecycle::Latch;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::App;
use crate::error::{Code, Refusal};

/// The places, and the memory of refusals.
pub struct Overload {
    places: Semaphore,
    patience: Duration,
    shed: Arc<Shed>,
}

struct Shed {
    latch: Latch,
    threshold: usize,
    window: Duration,
    rest: Duration,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    refusals: VecDeque<Instant>,
    resting: bool,
}

impl Overload {
    /// The bounds of the configuration; `latch` is readiness as far as load goes, and is up at first.
    pub fn new(config: &curtail_config::Gateway, latch: Latch) -> Self {
        latch.set(true);
        let shed = Shed {
            latch,
            threshold: config.shed_not_ready_count as usize,
            window: Duration::from_millis(config.shed_window_ms),
            rest: Duration::from_millis(config.shed_not_ready_ms),
            recent: Mutex::default(),
        };
        let patience = Duration::from_millis(config.queue_ms);
        Self { places: Semaphore::new(config.max_in_flight), patience, shed: Arc::new(shed) }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `OVERLOADED` when none became free in time.
    async fn enter(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match tokio::time::timeout(self.patience, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("gateway_requests_shed_total").increment(1);
                self.shed.count();
                Err(Refusal::new(Code::Overloaded, "too many requests at once").retry_after(Duration::from_secs(1)))
            }
        }
    }
}

impl Shed {
    /// Counts a refusal; too many of them in the window turn readiness off for a while.
    fn count(self: &Arc<Self>) {
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.refusals.push_back(now);
        while recent.refusals.front().is_some_and(|first| now.duration_since(*first) > self.window) {
            recent.refusals.pop_front();
        }
        if recent.refusals.len() <= self.threshold || recent.resting {
            // More than the threshold need not be remembered.
            recent.refusals.truncate(self.threshold + 1);
            return;
        }
        recent.resting = true;
        self.latch.set(false);
        tracing::warn!(refused = self.threshold, "overloaded: not ready for a while");
        let shed = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(shed.rest).await;
            let mut recent = shed.recent.lock().unwrap_or_else(PoisonError::into_inner);
            *recent = Recent::default();
            shed.latch.set(true);
        });
    }
}

/// Holds a place while the request is answered.
pub async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.overload.enter().await {
        Ok(_place) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use curtail_lifecycle::Readiness;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_a_moment_and_many_refusals_turn_readiness_off() {
        let mut config = curtail_config::Config::for_tests().gateway;
        (config.max_in_flight, config.queue_ms, config.shed_not_ready_count) = (1, 50, 2);
        let readiness = Readiness::new();
        let overload = Overload::new(&config, readiness.latch("load"));
        let place = overload.enter().await.unwrap();
        for refused in 1..=3 {
            assert_eq!(overload.enter().await.unwrap_err().code, Code::Overloaded);
            assert_eq!(readiness.is_ready(), refused <= 2);
        }
        drop(place);
        assert!(overload.enter().await.is_ok());
        readiness.ready().await;
    }
}
