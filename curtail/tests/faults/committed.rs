//! What the services have committed, from their outboxes, and what has to follow from it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkSnapshot};
use fred::clients::Pool;
use prost::Message as _;
use rand::Rng;
use rand::seq::SliceRandom as _;
use sqlx::postgres::PgPool;

/// An event that was committed.
#[derive(Clone, Debug)]
pub struct Event {
    pub stream: String,
    pub envelope: Envelope,
}

/// How often links were said to be made, changed, deleted, restored and over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub created: usize,
    pub updated: usize,
    pub deleted: usize,
    pub restored: usize,
    pub expired: usize,
}

/// All events of all services; none is old enough to have been forgotten.
pub async fn read(pool: &PgPool) -> Vec<Event> {
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "SELECT stream, payload FROM shortener.outbox UNION ALL SELECT stream, payload FROM auth.outbox \
         UNION ALL SELECT stream, payload FROM analytics.outbox UNION ALL SELECT stream, payload FROM notify.outbox",
    )
    .fetch_all(pool)
    .await
    .expect("the outboxes");
    let event =
        |(stream, payload): (_, Vec<u8>)| Event { stream, envelope: Envelope::decode(&*payload).expect("an event") };
    rows.into_iter().map(event).collect()
}

/// Hands every event out twice more, in any order.
pub async fn redeliver(events: &[Event], redis: &Pool, rng: &mut impl Rng) {
    let mut again: Vec<&Event> = events.iter().chain(events).collect();
    again.shuffle(rng);
    for event in again {
        let payload = Bytes::from(event.envelope.encode_to_vec());
        curtail_streams::append(redis, &event.stream, vec![(curtail_streams::ENVELOPE_FIELD, payload)])
            .await
            .expect("Redis answers");
    }
}

/// The ids of messages that a webhook for everything has to get.
pub fn hooks(events: &[Event]) -> BTreeSet<String> {
    let is_told = |event: &&Event| event.stream == "links" || matches!(payload(event), Payload::TrafficSpike(_));
    let id = |event: &Event| event.envelope.event_id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    events.iter().filter(is_told).map(|event| format!("msg_{}", id(event))).collect()
}

/// Kind of each mail that is due to someone who wants all of them, with the title of the link it is about, if it is about one
/// that has a title.
pub fn mails(events: &[Event]) -> Vec<(&'static str, String)> {
    let mail = |event: &Event| match payload(event) {
        Payload::LinkCreated(of) => Some(("link-created", title(&of.snapshot))),
        Payload::LinkExpired(of) => Some(("link-expired", title(&of.snapshot))),
        Payload::LinkExpiring(of) => Some(("link-expiring", title(&of.snapshot))),
        Payload::TrafficSpike(_) => Some(("traffic-spike", String::new())),
        Payload::EmailVerificationRequested(_) => Some(("email-verification", String::new())),
        Payload::NewDeviceSignedIn(_) => Some(("new-device", String::new())),
        _ => None,
    };
    events.iter().filter_map(mail).collect()
}

/// What was told of each link.
pub fn by_link(events: &[Event]) -> BTreeMap<i64, Told> {
    let mut links: BTreeMap<i64, Told> = BTreeMap::new();
    for event in events {
        let (snapshot, count): (_, fn(&mut Told) -> &mut usize) = match payload(event) {
            Payload::LinkCreated(of) => (&of.snapshot, |told| &mut told.created),
            Payload::LinkUpdated(of) => (&of.snapshot, |told| &mut told.updated),
            Payload::LinkDeleted(of) => (&of.snapshot, |told| &mut told.deleted),
            Payload::LinkRestored(of) => (&of.snapshot, |told| &mut told.restored),
            Payload::LinkExpired(of) => (&of.snapshot, |told| &mut told.expired),
            _ => continue,
        };
        *count(links.entry(link(snapshot).id).or_default()) += 1;
    }
    links
}

fn payload(event: &Event) -> &Payload {
    event.envelope.payload.as_ref().expect("a payload")
}

fn title(snapshot: &Option<LinkSnapshot>) -> String {
    link(snapshot).title.clone()
}

fn link(snapshot: &Option<LinkSnapshot>) -> &curtail_proto::links::v1::Link {
    snapshot.as_ref().and_then(|snapshot| snapshot.link.as_ref()).expect("a link")
}
