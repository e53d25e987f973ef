//! A webhook, and what may be entered for one.

use curtail_proto::notify::v1 as pb;
use curtail_rpc::Error;
use time::OffsetDateTime;

use super::event::EventType;
use super::refusal::invalid;
use super::{instant, limits};

/// Where the events of a workspace are sent.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Webhook {
    /// Snowflake.
    pub id: i64,
    /// Whose events.
    pub workspace_id: i64,
    /// Who made it, and is told when it is disabled.
    pub creator_id: i64,
    /// In serialised form.
    pub url: String,
    /// For the members.
    pub description: String,
    /// Names of event types, sorted.
    pub events: Vec<String>,
    /// Whether it gets events.
    pub enabled: bool,
    /// Number of [`pb::DisabledReason`].
    pub disabled_reason: i16,
    /// Since when it is disabled.
    pub disabled_at: Option<OffsetDateTime>,
    /// Until when the secret before the present one signs.
    pub previous_until: Option<OffsetDateTime>,
    /// The first failure after the last success.
    pub failing_since: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When a member last changed it.
    pub updated_at: OffsetDateTime,
}

impl From<Webhook> for pb::Webhook {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            workspace_id: webhook.workspace_id,
            creator_id: webhook.creator_id,
            url: webhook.url,
            description: webhook.description,
            events: webhook.events,
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason.into(),
            disabled_at: webhook.disabled_at.map(instant::write),
            created_at: Some(instant::write(webhook.created_at)),
            updated_at: Some(instant::write(webhook.updated_at)),
            failing_since: webhook.failing_since.map(instant::write),
            previous_secret_until: webhook.previous_until.map(instant::write),
        }
    }
}

/// Checks a description: one line of bounded length.
pub fn description(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() > limits::DESCRIPTION_CHARS {
        let message = format!("at most {} characters", limits::DESCRIPTION_CHARS);
        return Err(invalid("DESCRIPTION_TOO_LONG", "description", message));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid("DESCRIPTION_CONTROL_CHARACTER", "description", "one line without control characters"));
    }
    Ok(text.to_owned())
}

/// Checks names of event types and puts them in order, each once.
pub fn events(names: Vec<String>) -> Result<Vec<String>, Error> {
    if names.is_empty() {
        return Err(invalid("EVENTS_REQUIRED", "events", "choose at least one event"));
    }
    if names.iter().any(|name| !EventType::WANTED.iter().any(|event| event.name() == name)) {
        let known = EventType::WANTED.map(EventType::name).join(", ");
        return Err(invalid("EVENT_UNKNOWN", "events", format!("events are {known}")));
    }
    let mut names = names;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_bounded_at_their_edge() {
        assert_eq!(description(" ä ").unwrap(), "ä");
        assert!(description(&"ä".repeat(200)).is_ok());
        assert_eq!(description(&"ä".repeat(201)).unwrap_err().reason, "DESCRIPTION_TOO_LONG");
        assert_eq!(description("a\nb").unwrap_err().reason, "DESCRIPTION_CONTROL_CHARACTER");
    }

    #[test]
    fn events_are_known_and_told_once() {
        let names = |names: &[&str]| events(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(names(&["link.deleted", "alert.spike", "link.deleted"]).unwrap(), ["alert.spike", "link.deleted"]);
        assert_eq!(names(&[]).unwrap_err().reason, "EVENTS_REQUIRED");
        for unknown in ["test", "LINK.CREATED", "link.created ", ""] {
            assert_eq!(names(&["link.created", unknown]).unwrap_err().reason, "EVENT_UNKNOWN", "{unknown}");
        }
    }
}
