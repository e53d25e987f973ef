//! One request at a time for each code.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{CachedLink, Key, Unavailable};

/// Requests in flight at once. More are refused, so that a flood of cold codes takes neither memory nor time of shortener-svc.
const MAX_FLIGHTS: usize = 1024;

/// The outcome of a request.
pub type FillResult = Result<Arc<CachedLink>, Unavailable>;

/// The requests in flight.
#[derive(Default)]
pub struct SingleFlight {
    flying: Mutex<HashMap<Key, watch::Receiver<Option<FillResult>>>>,
}

impl SingleFlight {
    /// Joins the request for `key`, or starts `ask` on `runtime`. It continues when its callers are dropped.
    pub fn join(
        self: &Arc<Self>,
        key: &Key,
        runtime: &Handle,
        ask: impl Future<Output = FillResult> + Send + 'static,
    ) -> Result<watch::Receiver<Option<FillResult>>, Unavailable> {
        let mut flying = self.lock();
        if let Some(flight) = flying.get(key) {
            return Ok(flight.clone());
        }
        if flying.len() >= MAX_FLIGHTS {
            return Err(Unavailable);
        }
        let (land, flight) = watch::channel(None);
        flying.insert(key.clone(), flight.clone());
        let (flights, key) = (self.clone(), key.clone());
        runtime.spawn(async move {
            // Also when `ask` panics or the runtime ends, the next one must be able to start.
            let _leave = FlightGuard { flights, key };
            let _ = land.send(Some(ask.await));
        });
        Ok(flight)
    }

    /// Waits for the outcome.
    pub async fn wait(mut flight: watch::Receiver<Option<FillResult>>) -> FillResult {
        match flight.wait_for(Option::is_some).await {
            Ok(result) => result.clone().unwrap_or(Err(Unavailable)),
            Err(_) => Err(Unavailable),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<FillResult>>>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct FlightGuard {
    flights: Arc<SingleFlight>,
    key: Key,
}

impl Drop for FlightGuard {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::cache::{DomainId, KeyRef};

    fn key(code: &str) -> Key {
        KeyRef { domain: DomainId(0), code }.to_key()
    }

    #[tokio::test]
    async fn many_who_want_the_same_ask_once_and_the_next_one_asks_again() {
        let (flights, asked) = (Arc::new(SingleFlight::default()), Arc::new(AtomicUsize::new(0)));
        for round in 1..=2 {
            let ask = || {
                let asked = asked.clone();
                async move {
                    asked.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Err(Unavailable)
                }
            };
            let flown: Vec<_> = (0..10).map(|_| flights.join(&key("a"), &Handle::current(), ask()).unwrap()).collect();
            for flight in flown {
                assert!(SingleFlight::wait(flight).await.is_err());
            }
            while !flights.lock().is_empty() {
                tokio::task::yield_now().await;
            }
            assert_eq!(asked.load(Ordering::SeqCst), round);
        }
    }

    #[tokio::test]
    async fn more_than_the_bound_are_refused_at_once() {
        let flights = Arc::new(SingleFlight::default());
        for n in 0..MAX_FLIGHTS {
            flights.join(&key(&n.to_string()), &Handle::current(), std::future::pending()).unwrap();
        }
        assert!(flights.join(&key("more"), &Handle::current(), std::future::pending()).is_err());
        assert!(flights.join(&key("0"), &Handle::current(), std::future::pending()).is_ok(), "joining is free");
    }
}
