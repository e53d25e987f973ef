//! Clicks in a steady stream, each with a number of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::account::Link;
use crate::ledger::{Click, Ledger, Outcome};
use crate::visitor::Visitor;

/// Visitors who click until they are told to stop.
pub struct Load {
    shared: Arc<Shared>,
    visitors: JoinSet<Vec<Click>>,
}

struct Shared {
    redirector: SocketAddr,
    links: Vec<Link>,
    next: AtomicU64,
    answered: AtomicU64,
    stop: AtomicBool,
    /// After each click.
    pause: Duration,
}

impl Load {
    /// Starts clicking on `links` by so many connections, each with a pause after each click.
    pub fn start(redirector: SocketAddr, links: &[Link], visitors: usize, pause: Duration) -> Self {
        let shared = Arc::new(Shared {
            redirector,
            links: links.to_vec(),
            next: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            pause,
        });
        let visitors = (0..visitors).map(|_| visit(shared.clone())).collect();
        Self { shared, visitors }
    }

    /// Redirects received so far.
    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// Stops and tells what happened.
    pub async fn stop(self) -> Ledger {
        self.shared.stop.store(true, Ordering::Relaxed);
        Ledger::new(self.visitors.join_all().await.into_iter().flatten())
    }
}

async fn visit(shared: Arc<Shared>) -> Vec<Click> {
    let (mut clicks, mut connection) = (Vec::new(), None);
    while !shared.stop.load(Ordering::Relaxed) {
        let Some(visitor) = &mut connection else {
            connection = Visitor::connect(shared.redirector).await.ok();
            if connection.is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            continue;
        };
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        // A step that is prime to any number of links below it spreads the load evenly and out of order.
        let link = &shared.links[usize::try_from(number * 7_919 % shared.links.len() as u64).expect("a place")];
        let outcome = match visitor.get(&format!("/{}?utm_content={number}", link.code)).await {
            Ok(answer) if answer.status == 302 => {
                shared.answered.fetch_add(1, Ordering::Relaxed);
                Outcome::Redirected
            }
            Ok(answer) => Outcome::Refused(answer.status),
            Err(_) => {
                connection = None;
                Outcome::Unanswered
            }
        };
        if let Outcome::Refused(_) = outcome {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        clicks.push(Click { number, link: link.id, outcome });
        if !shared.pause.is_zero() {
            tokio::time::sleep(shared.pause).await;
        }
    }
    clicks
}
