//! Many creates in one transaction, each with an outcome of its own.
//!
//! The transaction is the unit of safety (all that was acknowledged is there, events included), not of success: an item that is
//! refused does not hold up the others. Everything goes to the database for all items at once, so that a thousand links take
//! about as many round trips as one.

mod codes;
mod find;
mod outcome;
mod tags;

use curtail_proto::links::v1::{BatchCreateLinksResponse, NewLink};
use prost::Message as _;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use self::outcome::problem;
use self::outcome::{Item, Outcomes};
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Ticket;
use crate::link::event::{self, Fact};
use crate::link::{Draft, Link};
use crate::refusal;
use crate::store::{create_many, idempotency, usage};

/// A bulk create on its way.
pub struct Bulk<'a> {
    /// The service.
    pub app: &'a App,
    /// The workspace of all links.
    pub workspace: i64,
    /// The user who makes them.
    pub creator: i64,
    /// Links that the plan allows in a month.
    pub quota: u64,
    /// Gives back links that are there.
    pub find_existing: bool,
    /// The idempotency key.
    pub ticket: Option<&'a Ticket>,
    /// The present time.
    pub now: OffsetDateTime,
}

impl Bulk<'_> {
    /// Creates `links`. Nothing at all happens when this fails.
    pub async fn run(&self, links: Vec<NewLink>) -> Result<BatchCreateLinksResponse, Failure> {
        let mut outcomes = Outcomes::new(links.len());
        let mut items = Vec::new();
        for (place, new) in links.into_iter().enumerate() {
            match Draft::check(new, &self.app.rules, &self.app.domains, self.now) {
                Ok(draft) => items.push(Item { place, draft }),
                Err(error) => outcomes.refuse(place, error),
            }
        }
        let mut tx = self.app.pool.begin().await?;
        let created = self.create(&mut tx, items, &mut outcomes).await?;
        let response = outcomes.into_response();
        if response.encoded_len() > self.app.max_message_bytes {
            let message = "the answer would be too large; send fewer links at a time";
            return Err(refusal::invalid("BATCH_TOO_LARGE", "links", message).into());
        }
        if let Some(ticket) = self.ticket {
            let answer = ticket.answer(&response);
            idempotency::remember(&mut *tx, self.workspace, ticket.key(), &answer, self.now).await?;
        }
        tx.commit().await?;
        metrics::counter!("links_created_total").increment(created);
        self.app.wake_relay();
        Ok(response)
    }

    async fn create(&self, conn: &mut PgConnection, items: Vec<Item>, outcomes: &mut Outcomes) -> Result<u64, Failure> {
        if !self.find_existing {
            return self.insert(conn, items, outcomes).await;
        }
        find::lock(conn, self.workspace, &items).await?;
        // Of several items with one destination the first may create what the others find.
        let (first, repeated) = find::split(items);
        let mut created = 0;
        for wave in [first, repeated] {
            let missing = find::find(self, conn, wave, outcomes).await?;
            created += self.insert(conn, missing, outcomes).await?;
        }
        Ok(created)
    }

    /// Stores the items that quota, tags and codes allow. Tells how many.
    async fn insert(&self, conn: &mut PgConnection, items: Vec<Item>, outcomes: &mut Outcomes) -> Result<u64, Failure> {
        let items = self.within_quota(conn, items, outcomes).await?;
        let (items, existing) = tags::make(conn, self.workspace, items, outcomes).await?;
        let links = codes::assign(self, conn, items, &existing, outcomes).await?;
        if links.is_empty() {
            return Ok(0);
        }
        create_many::insert(&mut *conn, &links.iter().map(|(_, link)| link).collect::<Vec<_>>()).await?;
        let events: Vec<_> = links.iter().map(|(_, link)| self.app.event(Fact::Created, link, self.now)).collect();
        curtail_db::outbox::append_all(&mut *conn, event::STREAM, &events).await?;
        usage::add(conn, self.workspace, usage::month(self.now), self.app.slots.next(), links.len()).await?;
        for (place, link) in &links {
            self.settle(outcomes, *place, link, false);
        }
        Ok(links.len() as u64)
    }

    async fn within_quota(
        &self,
        conn: &mut PgConnection,
        mut items: Vec<Item>,
        outcomes: &mut Outcomes,
    ) -> Result<Vec<Item>, Failure> {
        let used = usage::used(conn, self.workspace, usage::month(self.now)).await?;
        let room = usize::try_from(self.quota.saturating_sub(used)).unwrap_or(usize::MAX);
        for item in items.drain(room.min(items.len())..) {
            outcomes.refuse(item.place, refusal::quota_exceeded(self.quota));
        }
        Ok(items)
    }

    fn settle(&self, outcomes: &mut Outcomes, place: usize, link: &Link, existed: bool) {
        outcomes.settle(place, self.app.message(link, self.now), existed);
    }
}
