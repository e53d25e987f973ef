//! Handles events: one after the other, each as often as it comes.

use std::collections::HashMap;

use curtail_clock::Clock;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_rpc::Code;
use curtail_streams::{Delivery, Outcome, topology};
use serde_json::Value;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::alerts::named_links;
use super::audience::{Directory, Somebody};
use super::rows::{mail, text};
use super::{Malformed, Notice, notice};
use crate::kind::Kind;
use crate::mail::BadRecipient;
use crate::preferences::{self, Owner};
use crate::sender::Wake;
use crate::store::messages::Row;
use crate::store::{choices, messages, phone_numbers};

/// The consumer group on every stream.
pub const GROUP: &str = topology::group::MAIL;

/// The streams whose events ask for mails.
pub const STREAMS: [&str; 3] = topology::EVENT_STREAMS;

/// Older events are not sent: after a long outage, a new group on an old stream, or a stream that was filled again.
const MAX_AGE: Duration = Duration::hours(72);

/// The most rows of one statement.
const ROWS: usize = 1000;

/// Makes messages of events.
#[derive(Clone)]
pub struct Intake {
    /// The schema `notify`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// Who knows people and links.
    pub directory: Directory,
    /// Wakes the senders.
    pub wake: Wake,
}

/// Why an event was not handled.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Recipient(#[from] BadRecipient),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    #[error(transparent)]
    Peer(#[from] curtail_rpc::Error),
}

impl Intake {
    /// Handles an event.
    pub async fn handle(&self, delivery: Delivery) -> Outcome {
        match self.take(&delivery.envelope).await {
            Ok(0) => Outcome::Done,
            Ok(_) => {
                self.wake.all();
                Outcome::Done
            }
            Err(Trouble::Malformed(error)) => Outcome::Poison(error.to_string()),
            Err(Trouble::Recipient(error)) => Outcome::Poison(error.to_string()),
            Err(Trouble::Store(error)) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
            Err(Trouble::Store(error)) => Outcome::Failed(error.to_string()),
            Err(Trouble::Peer(error)) => match error.code {
                Code::Unavailable | Code::DeadlineExceeded | Code::RateLimited | Code::Unauthenticated => {
                    Outcome::Retry(error.to_string())
                }
                _ => Outcome::Failed(error.to_string()),
            },
        }
    }

    /// Keeps the messages of an event; how many are new.
    async fn take(&self, envelope: &Envelope) -> Result<u64, Trouble> {
        let now = self.clock.now();
        let at = curtail_proto::instant(envelope.occurred_at).ok_or(Malformed("occurred_at"))?;
        if envelope.event_id.len() != 16 {
            return Err(Malformed("event_id").into());
        }
        if let Some(Payload::AccountErased(event)) = &envelope.payload {
            // The number first: then nothing new comes up for it.
            phone_numbers::delete(&self.pool, event.user_id).await?;
            choices::erase(&self.pool, &Owner::User(event.user_id).key()).await?;
            messages::erase(&self.pool, event.user_id, &event.workspace_ids, now).await?;
            return Ok(0);
        }
        let Some(notice) = notice(envelope, at)? else { return Ok(0) };
        if now - at > MAX_AGE {
            metrics::counter!("notify_events_too_old_total").increment(1);
            return Ok(0);
        }
        let Notice { kind, to, mut data } = notice;
        // Links are made by the thousand, and hardly anybody asks for a mail about each: that is known here, the members are not.
        if !kind.is_wanted_by_default() && !kind.has_text() && !choices::is_wanted(&self.pool, kind.name()).await? {
            return Ok(0);
        }
        if !self.name_links(&mut data).await? {
            return Ok(0);
        }
        let people = self.directory.people(to, kind, envelope.workspace_id).await?;
        let texts = self.texts(envelope, at, kind, &people, &data).await?;
        let people = self.willing(kind, people).await?;
        let mails = people.into_iter().map(|somebody| mail(envelope, at, kind, somebody, data.clone()));
        let mut rows = mails.collect::<Result<Vec<Row>, BadRecipient>>()?;
        rows.extend(texts);
        let mut new = 0;
        for rows in rows.chunks(ROWS) {
            new += messages::add(&self.pool, rows, now).await?;
        }
        Ok(new)
    }

    /// Puts names to the links that the data name by id, leaving out those that are gone; false when the only one is.
    async fn name_links(&self, data: &mut Value) -> Result<bool, curtail_rpc::Error> {
        let ids = named_links(data).iter().filter_map(|link| link["link_id"].as_i64()).collect();
        let names = self.directory.names(ids).await?;
        for link in named_links(data) {
            if let Some(name) = link["link_id"].as_i64().and_then(|id| names.get(&id)) {
                link["title"] = name.title.as_str().into();
                link["short_url"] = name.short_url.as_str().into();
            }
        }
        if let Some(Value::Array(top)) = data.get_mut("top") {
            top.retain(|link| link.get("title").is_some());
        }
        Ok(data.get("link_id").is_none() || data.get("title").is_some())
    }

    /// Text messages for those who want this kind of them, and have confirmed a number.
    async fn texts(
        &self,
        envelope: &Envelope,
        at: OffsetDateTime,
        kind: Kind,
        people: &[Somebody],
        data: &Value,
    ) -> Result<Vec<Row>, sqlx::Error> {
        if !kind.has_text() {
            return Ok(Vec::new());
        }
        let users: Vec<i64> = people.iter().filter_map(|somebody| somebody.user_id).collect();
        let wanting = phone_numbers::wanting(&self.pool, &users, kind.name()).await?;
        Ok(wanting.into_iter().map(|(user, number)| text(envelope, at, kind, user, number, data.clone())).collect())
    }

    /// Those who want this kind of mail.
    async fn willing(&self, kind: Kind, people: Vec<Somebody>) -> Result<Vec<Somebody>, sqlx::Error> {
        let owners: Vec<String> = people.iter().map(|somebody| owner(kind, somebody).key()).collect();
        let chosen: HashMap<String, bool> =
            choices::of_many(&self.pool, &owners, kind.name()).await?.into_iter().collect();
        let wants = |owner: &String| preferences::holds(kind, chosen.get(owner).copied());
        Ok(people.into_iter().zip(&owners).filter(|(_, owner)| wants(owner)).map(|(somebody, _)| somebody).collect())
    }
}

/// Whose choice counts. Invitations go to addresses: whoever does not want them may have no account.
fn owner(kind: Kind, somebody: &Somebody) -> Owner {
    match (kind, somebody.user_id) {
        (Kind::Invitation, _) | (_, None) => Owner::Address(somebody.address.clone()),
        (_, Some(user)) => Owner::User(user),
    }
}
