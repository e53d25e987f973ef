//! Open-loop load: requests start when they are due, whether or not earlier ones were answered, and their time counts from
//! when they were due. A stalled server therefore shows in the percentiles instead of slowing the load down.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a run saw.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    latencies: Vec<Duration>,
    /// Requests that failed.
    pub errors: u64,
}

impl Outcome {
    /// What was measured in another way.
    pub fn of(mut latencies: Vec<Duration>, errors: u64) -> Self {
        latencies.sort_unstable();
        Self { latencies, errors }
    }

    /// The latency that this share of the answered requests stayed within, `share` from 0 to 1.
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }

    /// Answered requests.
    pub fn answered(&self) -> usize {
        self.latencies.len()
    }
}

/// Sends `rate` requests a second for `duration` by at most `workers` at a time.
pub async fn open_loop<F, Fut>(rate: u32, duration: Duration, workers: usize, request: F) -> Outcome
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send,
{
    let total = u64::from(rate) * duration.as_millis() as u64 / 1000;
    let (request, next) = (Arc::new(request), Arc::new(AtomicU64::new(0)));
    let merged = Arc::new(Mutex::new(Outcome::default()));
    let start = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..workers {
        let (request, next, merged) = (request.clone(), next.clone(), merged.clone());
        tasks.push(tokio::spawn(async move {
            let mut own = Outcome::default();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= total {
                    break;
                }
                let due = start + Duration::from_secs_f64(index as f64 / f64::from(rate));
                tokio::time::sleep_until(due.into()).await;
                match request().await {
                    Ok(()) => own.latencies.push(due.elapsed()),
                    Err(_) => own.errors += 1,
                }
            }
            let mut merged = merged.lock().unwrap_or_else(PoisonError::into_inner);
            merged.latencies.append(&mut own.latencies);
            merged.errors += own.errors;
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
    let mut outcome = std::mem::take(&mut *merged.lock().unwrap_or_else(PoisonError::into_inner));
    outcome.latencies.sort_unstable();
    outcome
}

/// Sends requests back to back by `workers` at a time for `duration`; the answered requests per second.
pub async fn closed_loop<F, Fut>(duration: Duration, workers: usize, request: F) -> (f64, u64)
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send,
{
    let (request, done, errors) = (Arc::new(request), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..workers {
        let (request, done, errors) = (request.clone(), done.clone(), errors.clone());
        tasks.push(tokio::spawn(async move {
            while start.elapsed() < duration {
                let counter = if request().await.is_ok() { &done } else { &errors };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
    (done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64(), errors.load(Ordering::Relaxed))
}

/// The middle of an odd number of measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_due_request_is_sent_once() {
        let outcome = open_loop(1000, Duration::from_millis(200), 8, || async { Ok(()) }).await;
        assert_eq!((outcome.answered(), outcome.errors), (200, 0));
        assert!(outcome.percentile(0.5) <= outcome.percentile(0.99));
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
