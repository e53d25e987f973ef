//! The messages of graphql-transport-ws.

use async_graphql::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::close::Close;
use crate::params::Params;

/// The longest id of an operation in bytes, so that the reason of a close frame can name it.
pub const MAX_ID: usize = 64;

/// What a client says.
#[derive(Debug, PartialEq)]
pub enum FromClient {
    /// Begins, with the parameters of the connection.
    Init(Map<String, Value>),
    /// Asks whether we are there.
    Ping,
    /// Is there.
    Pong,
    /// Begins an operation.
    Subscribe(String, Params),
    /// Ends an operation.
    Complete(String),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping {},
    Pong {},
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

impl FromClient {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Close::BadMessage`] for everything else.
    pub fn parse(text: &str) -> Result<Self, Close> {
        let wire = serde_json::from_str(text).map_err(|_| Close::BadMessage("Invalid message received"))?;
        let id = |id: String| match id.len() {
            1..=MAX_ID => Ok(id),
            _ => Err(Close::BadMessage("An id has 1 to 64 bytes")),
        };
        Ok(match wire {
            Wire::ConnectionInit { payload } => Self::Init(payload.unwrap_or_default()),
            Wire::Ping {} => Self::Ping,
            Wire::Pong {} => Self::Pong,
            Wire::Complete { id: name } => Self::Complete(id(name)?),
            Wire::Subscribe { id: name, payload } => {
                let params = Params::from_fields(payload).map_err(|_| Close::BadMessage("Invalid payload received"))?;
                Self::Subscribe(id(name)?, params)
            }
        })
    }
}

/// Says that operations may begin.
pub fn ack() -> String {
    json!({"type": "connection_ack"}).to_string()
}

/// Answers a ping.
pub fn pong() -> String {
    json!({"type": "pong"}).to_string()
}

/// One answer of an operation.
pub fn next(id: &str, answer: &Response) -> String {
    json!({"type": "next", "id": id, "payload": answer}).to_string()
}

/// An operation that was not executed.
pub fn error(id: &str, errors: &Value) -> String {
    json!({"type": "error", "id": id, "payload": errors}).to_string()
}

/// The end of an operation.
pub fn complete(id: &str) -> String {
    json!({"type": "complete", "id": id}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persisted::DocumentSource;

    #[test]
    fn messages_of_the_protocol_are_read() {
        assert_eq!(FromClient::parse(r#"{"type":"connection_init"}"#), Ok(FromClient::Init(Map::new())));
        assert_eq!(FromClient::parse(r#"{"type":"ping","payload":{"a":1}}"#), Ok(FromClient::Ping));
        assert_eq!(FromClient::parse(r#"{"type":"complete","id":"1"}"#), Ok(FromClient::Complete("1".into())));
        let subscribe = FromClient::parse(r#"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#).unwrap();
        assert!(
            matches!(subscribe, FromClient::Subscribe(id, params) if id == "1" && params.document == DocumentSource::Text("{a}".into()))
        );
    }

    #[test]
    fn everything_else_is_a_bad_message() {
        let id = |length: usize| format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(length));
        assert!(FromClient::parse(&id(MAX_ID)).is_ok());
        let (empty, long) = (id(0), id(MAX_ID + 1));
        for text in [
            "",
            "{",
            "[]",
            "1",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"complete"}"#,
            &empty,
            &long,
        ] {
            assert!(matches!(FromClient::parse(text), Err(Close::BadMessage(_))), "{text}");
        }
    }
}
