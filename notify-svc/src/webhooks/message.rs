//! What a receiver gets of an event.

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkSnapshot, TrafficSpike};
use curtail_proto::links::v1::Link;
use serde::Serialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::event::EventType;
use super::instant;

/// An event in the form in which it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names the event on every try and for every receiver.
    pub event_id: [u8; 16],
    /// What happened.
    pub event: EventType,
    /// When.
    pub occurred_at: OffsetDateTime,
    /// JSON: `{"type", "timestamp", "data"}`.
    pub body: String,
}

/// The event lacks what every event of its kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event has no {0}")]
pub struct Malformed(&'static str);

#[derive(Serialize)]
struct Body<T> {
    r#type: &'static str,
    #[serde(with = "rfc3339")]
    timestamp: OffsetDateTime,
    data: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkData {
    workspace_id: String,
    link: LinkBody,
}

/// A link without the notes, which are for members. Ids are text: they outgrow the numbers of JavaScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkBody {
    id: String,
    domain: String,
    code: String,
    short_url: String,
    url: String,
    title: String,
    description: String,
    external_id: String,
    tags: Vec<String>,
    state: String,
    version: i64,
    #[serde(with = "rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    updated_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    starts_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    max_clicks: Option<u32>,
    used_clicks: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpikeData {
    workspace_id: String,
    link_id: String,
    clicks: i64,
    expected: i64,
    #[serde(with = "rfc3339::option")]
    window_start: Option<OffsetDateTime>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestData {
    workspace_id: String,
    webhook_id: String,
    message: &'static str,
}

impl Message {
    /// The message for an event; none for those that webhooks do not tell.
    ///
    /// # Errors
    /// When the event is broken for good.
    pub fn of(envelope: Envelope) -> Result<Option<Self>, Malformed> {
        let workspace = envelope.workspace_id;
        let event_id = envelope.event_id.try_into().map_err(|_| Malformed("id of 16 bytes"));
        let occurred_at = instant::read(envelope.occurred_at).ok_or(Malformed("time"));
        let told = |event, body| Ok(Some(Self { event_id: event_id?, event, occurred_at: occurred_at?, body }));
        match envelope.payload {
            Some(Payload::TrafficSpike(spike)) => {
                let data = spike_data(workspace, spike);
                told(EventType::AlertSpike, body(EventType::AlertSpike, occurred_at?, data))
            }
            Some(payload) => match link_event(payload) {
                Some((event, snapshot)) => {
                    let link = snapshot.and_then(|snapshot| snapshot.link).ok_or(Malformed("link"))?;
                    let data = LinkData { workspace_id: workspace.to_string(), link: link.into() };
                    told(event, body(event, occurred_at?, data))
                }
                None => Ok(None),
            },
            // Younger than this program.
            None => Ok(None),
        }
    }

    /// What the button sends.
    pub fn test(event_id: [u8; 16], workspace: i64, webhook: i64, now: OffsetDateTime) -> Self {
        let data = TestData {
            workspace_id: workspace.to_string(),
            webhook_id: webhook.to_string(),
            message: "This is a test of your webhook.",
        };
        Self { event_id, event: EventType::Test, occurred_at: now, body: body(EventType::Test, now, data) }
    }
}

/// The header `webhook-id` for an event.
pub fn message_id(event_id: &[u8]) -> String {
    event_id.iter().fold("msg_".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// What happened to a link; none for all other events.
fn link_event(payload: Payload) -> Option<(EventType, Option<LinkSnapshot>)> {
    Some(match payload {
        Payload::LinkCreated(e) => (EventType::LinkCreated, e.snapshot),
        Payload::LinkUpdated(e) => (EventType::LinkUpdated, e.snapshot),
        Payload::LinkDeleted(e) => (EventType::LinkDeleted, e.snapshot),
        Payload::LinkRestored(e) => (EventType::LinkRestored, e.snapshot),
        Payload::LinkExpired(e) => (EventType::LinkExpired, e.snapshot),
        Payload::LinkExpiring(e) => (EventType::LinkExpiring, e.snapshot),
        Payload::LinkDisabled(e) => (EventType::LinkDisabled, e.snapshot),
        _ => return None,
    })
}

fn body<T: Serialize>(event: EventType, timestamp: OffsetDateTime, data: T) -> String {
    let body = Body { r#type: event.name(), timestamp, data };
    serde_json::to_string(&body).expect("structs of text and numbers, and years of four digits, serialise")
}

fn spike_data(workspace: i64, spike: TrafficSpike) -> SpikeData {
    SpikeData {
        workspace_id: workspace.to_string(),
        link_id: spike.link_id.to_string(),
        clicks: spike.clicks,
        expected: spike.expected,
        window_start: instant::read(spike.window_start),
    }
}

impl From<Link> for LinkBody {
    fn from(link: Link) -> Self {
        let state = link.state().as_str_name();
        Self {
            state: state.strip_prefix("LINK_STATE_").unwrap_or(state).to_owned(),
            id: link.id.to_string(),
            domain: link.domain,
            code: link.code,
            short_url: link.short_url,
            url: link.url,
            title: link.title,
            description: link.description,
            external_id: link.external_id,
            tags: link.tags.into_iter().map(|tag| tag.name).collect(),
            version: link.version,
            created_at: instant::read(link.created_at),
            updated_at: instant::read(link.updated_at),
            starts_at: instant::read(link.starts_at),
            expires_at: instant::read(link.expires_at),
            max_clicks: (link.max_clicks > 0).then_some(link.max_clicks),
            used_clicks: link.used_clicks,
        }
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{LinkCreated, PasswordChanged};
    use curtail_proto::links::v1::{LinkState, Tag};
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    fn envelope(payload: Payload) -> Envelope {
        Envelope {
            event_id: (0..16).collect(),
            occurred_at: Some(instant::write(datetime!(2026-11-21 12:00 UTC))),
            workspace_id: 70,
            payload: Some(payload),
            ..Envelope::default()
        }
    }

    fn created() -> Envelope {
        let link = Link {
            id: i64::MAX,
            title: "Grüße \"x\"".into(),
            notes: "for members".into(),
            tags: vec![Tag { name: "news".into(), ..Tag::default() }],
            state: LinkState::Active.into(),
            expires_at: Some(instant::write(datetime!(2027-01-01 0:00 UTC))),
            ..Link::default()
        };
        let snapshot = Some(LinkSnapshot { link: Some(link), target: None });
        envelope(Payload::LinkCreated(LinkCreated { snapshot }))
    }

    #[test]
    fn a_link_is_told_without_its_notes() {
        let message = Message::of(created()).unwrap().unwrap();
        assert_eq!(message_id(&message.event_id), "msg_000102030405060708090a0b0c0d0e0f");
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!((&body["type"], &body["timestamp"]), (&json!("link.created"), &json!("2026-11-21T12:00:00Z")));
        let link = &body["data"]["link"];
        assert_eq!((&link["id"], &link["state"]), (&json!("9223372036854775807"), &json!("ACTIVE")));
        assert_eq!((&link["tags"], &link["maxClicks"]), (&json!(["news"]), &Value::Null));
        assert_eq!((&link["title"], &link["expiresAt"]), (&json!("Grüße \"x\""), &json!("2027-01-01T00:00:00Z")));
        assert!(!message.body.contains("for members"));
    }

    #[test]
    fn other_events_are_not_told_and_broken_ones_are_named() {
        let other = envelope(Payload::PasswordChanged(PasswordChanged { user_id: 1 }));
        assert_eq!(Message::of(other), Ok(None));
        assert_eq!(Message::of(Envelope { payload: None, ..created() }), Ok(None));
        assert_eq!(Message::of(Envelope { event_id: vec![1; 15], ..created() }), Err(Malformed("id of 16 bytes")));
        assert_eq!(Message::of(Envelope { occurred_at: None, ..created() }), Err(Malformed("time")));
        let empty = envelope(Payload::LinkCreated(LinkCreated::default()));
        assert_eq!(Message::of(empty), Err(Malformed("link")));
    }
}
