//! Keeps the revocations in step with auth-svc: by the stream `accounts`, and by asking while the stream is cut off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_lifecycle::{Latch, Shutdown};
use curtail_proto::auth::v1::ListRevocationsRequest;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{Tail, TailEvent};
use prost_types::Timestamp;
use time::OffsetDateTime;
use tokio::sync::watch;

use super::Revocations;

/// A revoked credential is refused everywhere within a second; asking takes a little of it.
const POLL: Duration = Duration::from_millis(800);
/// How long one question may take.
const TIMEOUT: Duration = Duration::from_millis(700);
/// GraphqlRequest again for this much before the last answer: the clocks of two machines differ, and transactions end late.
const OVERLAP: time::Duration = time::Duration::seconds(30);
/// How often old entries are forgotten.
const FORGET: Duration = Duration::from_secs(60);

/// Follows until the process drains. `latch` is up from the first complete list on.
///
/// # Errors
/// Only those of the stream reader that no retry can help.
pub async fn follow(
    tail: Tail,
    auth: AuthServiceClient<curtail_rpc::Channel>,
    revocations: Arc<Revocations>,
    clock: Clock,
    latch: Latch,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let (link, links) = watch::channel(Link::Down);
    let events = revocations.clone();
    let reader = tail.run(
        move |event| match event {
            TailEvent::Entry(envelope) => {
                if let Some(Payload::CredentialRevoked(revoked)) = &envelope.payload
                    && let Some(revocation) = &revoked.revocation
                {
                    events.add(revocation);
                }
            }
            TailEvent::Interrupted => drop(link.send(Link::Down)),
            TailEvent::Resumed => drop(link.send(Link::Up)),
        },
        shutdown.clone(),
    );
    let poller = Poller { auth, revocations, clock, latch, asked_until: None };
    tokio::select! {
        read = reader => read,
        () = poller.run(links) => Ok(()),
        () = shutdown.draining() => Ok(()),
    }
}

/// Whether events arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    Up,
}

struct Poller {
    auth: AuthServiceClient<curtail_rpc::Channel>,
    revocations: Arc<Revocations>,
    clock: Clock,
    latch: Latch,
    asked_until: Option<OffsetDateTime>,
}

impl Poller {
    /// Asks at the start, while the stream is down, and once more after it came back: what happened in between may have
    /// been trimmed before it was read.
    async fn run(mut self, mut link: watch::Receiver<Link>) {
        let mut forgot = Instant::now();
        loop {
            let state = *link.borrow_and_update();
            let complete = self.ask().await;
            if state == Link::Up && complete {
                let changed = tokio::time::timeout(FORGET, link.changed()).await;
                if matches!(changed, Ok(Err(_))) {
                    return;
                }
            } else {
                tokio::time::sleep(POLL).await;
            }
            if forgot.elapsed() >= FORGET {
                self.revocations.forget(self.clock.now());
                forgot = Instant::now();
            }
        }
    }

    async fn ask(&mut self) -> bool {
        let now = self.clock.now();
        let since = self.asked_until.map_or_else(|| self.revocations.horizon(now), |until| until - OVERLAP);
        let since = Timestamp { seconds: since.unix_timestamp(), nanos: 0 };
        let call = curtail_rpc::CallContext::new(Instant::now() + TIMEOUT);
        let request = call.read().request(ListRevocationsRequest { since: Some(since) });
        match self.auth.list_revocations(request).await {
            Ok(answer) => {
                answer.into_inner().revocations.iter().for_each(|revocation| self.revocations.add(revocation));
                self.asked_until = Some(now);
                self.latch.set(true);
                true
            }
            Err(status) => {
                tracing::debug!(code = ?status.code(), "revocations can not be listed");
                false
            }
        }
    }
}
