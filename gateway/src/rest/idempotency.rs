//! Creating once, however often it is asked (draft-ietf-httpapi-idempotency-key-header).

use http::HeaderMap;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::endpoint::Headers;
use super::openapi::header_parameter;
use super::problem::Problem;
use crate::error::Code;

const NAME: &str = "idempotency-key";
/// The longest key; the service that keeps it has the same bound.
const LONGEST: usize = 128;

/// The key by which a repeated request is recognized; empty if absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl Headers for IdempotencyKey {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(NAME).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(Self::default()),
            (Some(value), None) => value.to_str().ok(),
            (Some(_), Some(_)) => None,
        };
        // The draft has a structured string, most clients send the bare text.
        let bare =
            |value: &str| value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned();
        let key = value.map(str::trim).map(bare).unwrap_or_default();
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!("one key of 1-{LONGEST} visible ASCII characters");
            return Err(Problem::field(Code::Invalid, "idempotencyKey", "IDEMPOTENCY_KEY_INVALID", message));
        }
        Ok(Self(key))
    }

    fn parameters() -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LONGEST)).build();
        let description = "1-128 visible ASCII characters, chosen by the client. For 24 hours the same key answers as the first time \
                           instead of doing it again; with another content it is refused (409).";
        vec![header_parameter("Idempotency-Key", description, text)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<String, Code> {
        let headers = HeaderMap::from_iter([(NAME.parse().unwrap(), value.parse().unwrap())]);
        IdempotencyKey::read(&headers).map(|key| key.0).map_err(|problem| problem.code())
    }

    #[test]
    fn keys_are_bounded_at_their_edges() {
        assert_eq!(IdempotencyKey::read(&HeaderMap::new()).unwrap().0, "");
        assert_eq!((read("a"), read("\"a-b\"")), (Ok("a".into()), Ok("a-b".into())));
        assert!(read(&"x".repeat(128)).is_ok());
        for wrong in ["", "\"\"", "a b", &"x".repeat(129)] {
            assert_eq!(read(wrong), Err(Code::Invalid), "{wrong}");
        }
    }
}
