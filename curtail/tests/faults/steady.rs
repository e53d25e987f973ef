//! Requests at a steady rate, whatever becomes of the ones before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, JoinSet};

use crate::edges::Request;

/// A request that was answered, or not.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub sent: Instant,
    pub took: Duration,
    pub good: bool,
}

/// A load that goes on until it is stopped.
pub struct Steady {
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: tokio::sync::watch::Sender<bool>,
    sending: JoinHandle<()>,
}

impl Steady {
    /// Sends `rate` requests a second from now on.
    pub fn start(request: Request, rate: u32) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let answers = asked.clone();
        let sending = tokio::spawn(async move {
            let mut turns = tokio::time::interval(Duration::from_secs(1) / rate);
            let mut under_way = JoinSet::new();
            loop {
                tokio::select! {
                    _ = turns.tick() => {}
                    _ = stopped.changed() => break,
                }
                let (request, answers) = (request.clone(), answers.clone());
                under_way.spawn(async move {
                    let sent = Instant::now();
                    let good = request.send().await;
                    let asked = Asked { sent, took: sent.elapsed(), good };
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
                });
            }
            under_way.join_all().await;
        });
        Self { asked, stop, sending }
    }

    /// What was sent since `since` and is answered.
    pub fn since(&self, since: Instant) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|asked| asked.sent >= since).copied().collect()
    }

    /// Whether the last `count` answers to what was sent since `since` were all good.
    pub fn is_well(&self, since: Instant, count: usize) -> bool {
        let asked = self.since(since);
        asked.len() >= count && asked.iter().rev().take(count).all(|asked| asked.good)
    }

    /// Stops, waits for what is under way, and gives everything.
    pub async fn stop(self) -> Vec<Asked> {
        self.stop.send_replace(true);
        self.sending.await.expect("the load does not fail");
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
