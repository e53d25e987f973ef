//! Versions of things in headers (RFC 9110, sections 8.8.3 and 13.1).
//!
//! The ETag of a link is `"7-3f1c09aa"`: its version, and a digest of the whole answer, because some of it (state, used clicks, colours
//! of tags) changes without a new version. `If-Match` looks at the version only, so that `"7"` is as good; `If-None-Match` looks at all.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest as _, Sha256};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::endpoint::Headers;
use super::openapi::header_parameter;
use super::problem::Problem;
use crate::error::{Code, Refusal};

/// The version that a change was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch {
    /// As the services know it: 0 changes whatever is there.
    pub version: i64,
}

impl Headers for IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = single(headers, header::IF_MATCH)? else { return Ok(Self { version: 0 }) };
        if value == "*" {
            return Ok(Self { version: 0 });
        }
        // A proxy that compresses makes a tag weak. Only the version counts, which is the same in both forms. What is no
        // version of ours never matches.
        let value = value.strip_prefix("W/").unwrap_or(value);
        let version = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|tag| {
            let version = tag.split_once('-').map_or(tag, |(version, _)| version);
            version.parse().ok().filter(|version| *version > 0)
        });
        let mismatch = || Refusal::new(Code::VersionMismatch, "If-Match names no version of this, such as \"7\"");
        Ok(Self { version: version.ok_or_else(mismatch)? })
    }

    fn parameters() -> Vec<Parameter> {
        vec![parameter(
            "If-Match",
            "The ETag of the version that the change was made from, such as `\"7\"`; when that is not the \
                        current one, nothing is done and the answer is 412. Without it, whatever is there is changed.",
        )]
    }
}

/// What the client has already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// Whether it has what is tagged like this.
    pub fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    }
}

impl Headers for IfNoneMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        Ok(Self(values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect()))
    }

    fn parameters() -> Vec<Parameter> {
        vec![parameter(
            "If-None-Match",
            "ETags of what the client has; when that is still right, the answer is 304 without a body.",
        )]
    }
}

/// The ETag of something of a version, answered as `body`.
pub fn of_version(version: i64, body: &[u8]) -> String {
    format!("\"{version}-{}\"", digest(body))
}

/// The ETag of something that has no version.
pub fn of_bytes(body: &[u8]) -> String {
    format!("\"{}\"", digest(body))
}

/// `tag` as a header.
pub fn header_value(tag: &str) -> HeaderValue {
    // Digits and quotes.
    HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(&name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) if !has_more(value) => Ok(Some(value.trim())),
        _ => Err(Problem::field(Code::BadRequest, name.as_str(), "MALFORMED", format!("{name} takes one value"))),
    }
}

/// Whether there is a comma outside of quotes: a list.
fn has_more(value: &str) -> bool {
    value.split('"').step_by(2).any(|part| part.contains(','))
}

fn parameter(name: &str, description: &str) -> Parameter {
    header_parameter(name, description, ObjectBuilder::new().schema_type(Type::String).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(value: &str) -> Result<i64, Code> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]);
        IfMatch::read(&headers).map(|read| read.version).map_err(|problem| problem.code())
    }

    #[test]
    fn if_match_names_a_version() {
        assert_eq!(IfMatch::read(&HeaderMap::new()).unwrap().version, 0);
        assert_eq!((if_match("*"), if_match("\"7\""), if_match("\"7-00ff\"")), (Ok(0), Ok(7), Ok(7)));
        assert_eq!((if_match("W/\"7\""), if_match("W/\"7-00ff\"")), (Ok(7), Ok(7)));
        for never in ["W/7", "\"7,8\"", "7", "\"0\"", "\"-7\"", "\"x\"", "\"\"", ""] {
            assert_eq!(if_match(never), Err(Code::VersionMismatch), "{never}");
        }
        assert_eq!(if_match("\"7\", \"8\""), Err(Code::BadRequest));
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let tag = of_version(7, b"body");
        let read = |value: String| {
            IfNoneMatch::read(&HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())])).unwrap()
        };
        assert!(read(tag.clone()).has(&tag) && read(format!("\"a\", W/{tag}")).has(&tag) && read("*".into()).has(&tag));
        assert!(!read("\"7\"".into()).has(&tag) && !IfNoneMatch::default().has(&tag));
        assert_ne!(tag, of_version(7, b"other"));
    }
}
