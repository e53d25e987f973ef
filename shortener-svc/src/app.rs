//! What the handlers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtail_clock::Clock;
use curtail_proto::events::v1::Envelope;
use curtail_proto::links::v1::{Link as LinkMessage, Target};
use curtail_rpc::Error;
use curtail_tokens::Plan;
use rand::CryptoRng;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::code::Codes;
use crate::destination::Rules;
use crate::domains::Domains;
use crate::group_commit::GroupCommit;
use crate::link::event::{self, Fact};
use crate::link::{Link, snapshot, to_micros};
use crate::store::usage::Slots;

/// The running service: its stores, its rules and its sources of time, ids and chance.
pub struct App {
    /// The `links` schema.
    pub pool: PgPool,
    /// What time it is.
    pub clock: Clock,
    /// What destinations are allowed.
    pub rules: Rules,
    /// The short domains.
    pub domains: Domains,
    /// Random codes.
    pub codes: Codes,
    /// Quotas.
    pub plans: curtail_config::Plans,
    /// The largest message, in bytes.
    pub max_message_bytes: usize,
    pub(crate) ids: curtail_ids::Generator,
    pub(crate) relay: curtail_streams::RelayHandle,
    pub(crate) rng: Mutex<Box<dyn CryptoRng + Send>>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) group_commit: GroupCommit,
}

impl App {
    /// The present time as it is stored.
    pub fn now(&self) -> OffsetDateTime {
        to_micros(self.clock.now())
    }

    /// A new id. Unavailable while this process has no lease on a worker number.
    pub fn next_id(&self) -> Result<i64, Error> {
        self.ids.next().map_err(Error::unavailable)
    }

    /// The generator of codes and event ids. No one waits while holding it.
    pub fn rng(&self) -> MutexGuard<'_, Box<dyn CryptoRng + Send>> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// New links that `plan` allows in a month.
    pub fn quota(&self, plan: Plan) -> u64 {
        match plan {
            Plan::Free => self.plans.free.links_per_month,
            Plan::Pro => self.plans.pro.links_per_month,
            Plan::Enterprise => self.plans.enterprise.links_per_month,
        }
    }

    /// The link as clients see it at `now`.
    pub fn message(&self, link: &Link, now: OffsetDateTime) -> LinkMessage {
        snapshot::message(link, &self.domains, now)
    }

    /// What redirectors keep of the link.
    pub fn target(&self, link: &Link) -> Target {
        snapshot::target(link)
    }

    /// The event of `fact`, with an id of its own.
    pub fn event(&self, fact: Fact, link: &Link, now: OffsetDateTime) -> Envelope {
        let event_id = self.event_id();
        let traceparent = curtail_telemetry::current_traceparent().unwrap_or_default();
        event::envelope(fact, link, &self.domains, now, event_id, traceparent)
    }

    /// A new id of an event.
    pub fn event_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        self.rng().fill_bytes(&mut id);
        id
    }

    /// Tells the relay that there is something to publish.
    pub fn wake_relay(&self) {
        self.relay.wake();
    }
}
