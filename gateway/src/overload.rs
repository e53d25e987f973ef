//! Caps the requests in flight, and sheds the rest.
//!
//! A request waits a moment for a permit and is then refused, because a late response costs as much as one in time. A gateway
//! that sheds many requests stops being ready, so that load balancers send less.
//!
//! A request with a body takes its place when the body is there. Until then it only counts among the bodies of its address
//! that are on their way, so a client that sends slowly holds no place from others.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use curtail_edge::ClientNetwork;
use curtail_lifecycle::Latch;
use http::Method;
use http_body::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Code, Refusal};

/// The permits, and the memory of refusals.
#[derive(Clone)]
pub struct Overload {
    permits: Arc<Semaphore>,
    bodies: Bodies,
    bodies_per_address: usize,
    max_wait: Duration,
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
        let max_wait = Duration::from_millis(config.queue_ms);
        let permits = Arc::new(Semaphore::new(config.max_in_flight));
        Self {
            permits,
            bodies: Bodies::default(),
            bodies_per_address: config.bodies_per_address,
            max_wait,
            shed: Arc::new(shed),
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `OVERLOADED` when none became free in time.
    async fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        match tokio::time::timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await {
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

/// Holds a place while the request is answered; with a body, from its end on.
pub async fn limit(State(overload): State<Overload>, request: Request, next: Next) -> Response {
    let reads_body = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE);
    if !reads_body || request.body().is_end_stream() {
        return match overload.enter().await {
            Ok(_place) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        };
    }
    let client = request.extensions().get().copied().unwrap_or_else(|| IpAddr::from([0, 0, 0, 0]).into());
    let Some(body_place) = overload.bodies.enter(client, overload.bodies_per_address) else {
        let refusal = Refusal::new(Code::RateLimited, "too many bodies of this address are on their way");
        return refusal.retry_after(Duration::from_secs(1)).into_response();
    };
    let place = Arc::new(Mutex::new(None));
    let request = request.map(|body| {
        let (overload, place) = (overload.clone(), Arc::clone(&place));
        Body::new(PlacedBody { body, entering: None, overload, place, body_place: Some(body_place) })
    });
    let response = next.run(request).await;
    drop(place);
    response
}

/// The bodies on their way, by the network of their client.
#[derive(Clone, Default)]
struct Bodies(Arc<Mutex<HashMap<ClientNetwork, usize>>>);

impl Bodies {
    /// `None`: as many are on their way as allowed.
    fn enter(&self, key: ClientNetwork, max: usize) -> Option<BodyPlace> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(BodyPlace { bodies: self.clone(), key })
    }
}

/// A body on its way.
struct BodyPlace {
    bodies: Bodies,
    key: ClientNetwork,
}

impl Drop for BodyPlace {
    fn drop(&mut self) {
        let mut counts = self.bodies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

type Entering = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, Refusal>> + Send>>;

/// A body that ends once its request has a place.
struct PlacedBody {
    body: Body,
    entering: Option<Entering>,
    overload: Overload,
    /// Where the place is kept until the request is answered.
    place: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    body_place: Option<BodyPlace>,
}

/// A refusal on its way through an error of the body.
#[derive(Debug)]
pub struct NoPlace(pub Refusal);

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for NoPlace {}

impl HttpBody for PlacedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if this.entering.is_none() {
            if let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(context)) {
                return Poll::Ready(Some(frame.map_err(Into::into)));
            }
            this.body_place = None;
            let overload = this.overload.clone();
            this.entering = Some(Box::pin(async move { overload.enter().await }));
        }
        let Some(entering) = &mut this.entering else { return Poll::Ready(None) };
        let entered = ready!(entering.as_mut().poll(context));
        this.entering = Some(Box::pin(std::future::pending()));
        match entered {
            Ok(place) => {
                *this.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
                Poll::Ready(None)
            }
            Err(refusal) => Poll::Ready(Some(Err(NoPlace(refusal).into()))),
        }
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

impl Drop for PlacedBody {
    /// A handler that reads no body has a place all the same, if there is one.
    fn drop(&mut self) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() && self.entering.is_none() {
            *place = Arc::clone(&self.overload.permits).try_acquire_owned().ok();
        }
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
