//! Reads the parameters of a GraphQL request from a body or a query string.
//! See <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>.

use async_graphql::Variables;
use http::{HeaderMap, header};
use serde_json::{Map, Value as Json};

use crate::error::{Code, RequestError};
use crate::persisted::{DocumentSource, Hash};

/// The parameters of one operation.
#[derive(Debug, PartialEq)]
pub struct Params {
    /// The document, or what it is called.
    pub document: DocumentSource,
    /// The operation to execute, if the document has several.
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    pub variables: Variables,
}

/// Whether `Content-Type` says JSON in UTF-8.
pub fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((key, charset)) if key.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    named && utf8
}

/// What a body holds.
#[derive(Debug, PartialEq)]
pub enum Body {
    /// One operation.
    One(Params),
    /// Several, in an array; a member whose parameters are wrong is answered for itself.
    Batch(Vec<Result<Params, RequestError>>),
}

impl Body {
    /// Reads a JSON body; `most` operations may be in an array, with 0 no array at all.
    ///
    /// # Errors
    /// `BAD_REQUEST` when it is not a JSON object whose parameters have the right types; `BATCH_TOO_LARGE`.
    pub fn read(body: &[u8], most: usize) -> Result<Self, RequestError> {
        match serde_json::from_slice(body) {
            Ok(Json::Object(fields)) => Params::from_fields(fields).map(Self::One),
            Ok(Json::Array(_)) if most == 0 => Err(bad("batches are not supported: send one operation")),
            Ok(Json::Array(items)) if items.is_empty() => Err(bad("the batch is empty")),
            Ok(Json::Array(items)) if items.len() > most => {
                Err(RequestError::new(Code::Batch, "the batch has more operations than allowed").limit(most))
            }
            Ok(Json::Array(items)) => Ok(Self::Batch(items.into_iter().map(Self::member).collect())),
            Ok(_) => Err(bad("the body must be a JSON object")),
            Err(_) => Err(bad("the body is not valid JSON")),
        }
    }

    fn member(item: Json) -> Result<Params, RequestError> {
        match item {
            Json::Object(fields) => Params::from_fields(fields),
            _ => Err(bad("an operation must be a JSON object")),
        }
    }
}

impl Params {
    /// Reads the query string of a GET. `variables` and `extensions` are JSON texts in it.
    ///
    /// # Errors
    /// `BAD_REQUEST` when a parameter occurs twice or has the wrong type.
    pub fn from_query_string(query: &str) -> Result<Self, RequestError> {
        let mut fields = Map::new();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match key.as_ref() {
                "query" | "operationName" | "documentId" => Json::String(value.into_owned()),
                "variables" | "extensions" if value.is_empty() => Json::Null,
                "variables" | "extensions" => {
                    serde_json::from_str(&value).map_err(|_| bad("variables and extensions must be JSON"))?
                }
                _ => continue,
            };
            if fields.insert(key.into_owned(), value).is_some() {
                return Err(bad("a parameter occurs more than once"));
            }
        }
        Self::from_fields(fields)
    }

    /// Reads the fields of an object.
    ///
    /// # Errors
    /// `BAD_REQUEST` when a parameter has the wrong type.
    pub fn from_fields(mut fields: Map<String, Json>) -> Result<Self, RequestError> {
        let query = match fields.remove("query") {
            Some(Json::String(query)) => (!query.trim().is_empty()).then_some(query),
            None | Some(Json::Null) => None,
            Some(_) => return Err(bad("the parameter query must be a string")),
        };
        let id = match fields.remove("documentId") {
            Some(Json::String(id)) => (!id.is_empty()).then_some(id),
            None | Some(Json::Null) => None,
            Some(_) => return Err(bad("the parameter documentId must be a string")),
        };
        let operation_name = match fields.remove("operationName") {
            None | Some(Json::Null) => None,
            // What clients send when their field for the name is empty.
            Some(Json::String(name)) => (!name.is_empty()).then_some(name),
            Some(_) => return Err(bad("the parameter operationName must be a string")),
        };
        let variables = match fields.remove("variables") {
            None | Some(Json::Null) => Variables::default(),
            Some(object @ Json::Object(_)) => Variables::from_json(object),
            Some(_) => return Err(bad("the parameter variables must be an object")),
        };
        let hash = match fields.remove("extensions") {
            None | Some(Json::Null) => None,
            Some(Json::Object(extensions)) => extensions.get("persistedQuery").map(persisted_hash).transpose()?,
            Some(_) => return Err(bad("the parameter extensions must be an object")),
        };
        let document = match (id, hash, query) {
            (Some(id), None, None) => DocumentSource::by_id(id),
            (Some(_), ..) => return Err(bad("documentId goes without query and extensions.persistedQuery")),
            (None, Some(hash), text) => DocumentSource::Hash(hash, text),
            (None, None, Some(text)) => DocumentSource::Text(text),
            (None, None, None) => return Err(bad("the parameter query is missing")),
        };
        Ok(Self { document, operation_name, variables })
    }
}

/// The hash in `extensions.persistedQuery`.
fn persisted_hash(extension: &Json) -> Result<Hash, RequestError> {
    if extension["version"] != 1 {
        return Err(bad("extensions.persistedQuery.version must be 1"));
    }
    let hash = extension["sha256Hash"].as_str().and_then(Hash::parse);
    hash.ok_or_else(|| bad("extensions.persistedQuery.sha256Hash must be a SHA-256 in hexadecimal"))
}

fn bad(message: &'static str) -> RequestError {
    RequestError::new(Code::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> DocumentSource {
        DocumentSource::Text(document.to_owned())
    }

    fn content_type(values: &[&str]) -> bool {
        is_json(&values.iter().map(|value| (header::CONTENT_TYPE, value.parse().unwrap())).collect())
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(content_type(&[good]), "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/jsonp",
            "application/graphql",
            "text/plain; application/json",
            "",
        ] {
            assert!(!content_type(&[bad]), "{bad}");
        }
        assert!(!content_type(&[]));
        assert!(!content_type(&["application/json", "text/plain"]));
    }

    #[test]
    fn parameters_of_a_body_have_their_types() {
        let body = br#"{"query":"{a}","operationName":null,"variables":{"n":1},"extensions":{}}"#;
        let Body::One(params) = Body::read(body, 0).unwrap() else { panic!("one operation") };
        assert_eq!((params.document, params.operation_name, params.variables.len()), (text("{a}"), None, 1));
        for bad in [
            "",
            "{",
            "[]",
            r#"[{"query":"{a}"}]"#,
            "1",
            "{}",
            r#"{"query":null}"#,
            r#"{"query":" "}"#,
            r#"{"query":["a"]}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","extensions":false}"#,
        ] {
            assert_eq!(Body::read(bad.as_bytes(), 0).unwrap_err().code, Code::BadRequest, "{bad}");
        }
    }

    #[test]
    fn a_document_is_sent_or_named() {
        let document = |body: &str| match Body::read(body.as_bytes(), 0) {
            Ok(Body::One(params)) => Ok(params.document),
            Ok(Body::Batch(_)) => panic!("one operation"),
            Err(refusal) => Err(refusal.code),
        };
        let hex = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        let hash = Hash::parse(hex).unwrap();
        let persisted = format!(r#""extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{hex}"}}}}"#);
        assert_eq!(document(&format!("{{{persisted}}}")), Ok(DocumentSource::Hash(hash, None)));
        assert_eq!(
            document(&format!(r#"{{"query":"{{a}}",{persisted}}}"#)),
            Ok(DocumentSource::Hash(hash, Some("{a}".to_owned())))
        );
        assert_eq!(document(r#"{"documentId":"links-1"}"#), Ok(DocumentSource::Id("links-1".to_owned())));
        assert_eq!(document(&format!(r#"{{"documentId":"sha256:{hex}"}}"#)), Ok(DocumentSource::Hash(hash, None)));
        for bad in [
            format!(r#"{{"documentId":"x",{persisted}}}"#),
            r#"{"documentId":"x","query":"{a}"}"#.to_owned(),
            r#"{"documentId":1}"#.to_owned(),
            r#"{"query":"{a}","extensions":{"persistedQuery":1}}"#.to_owned(),
            persisted.replace(":1,", ":2,").replacen("\"ext", "{\"ext", 1) + "}",
            format!("{{{}}}", persisted.replace("ecf4", "ec")),
            format!("{{{}}}", persisted.replace("ecf4", "zzzz")),
        ] {
            assert_eq!(document(&bad), Err(Code::BadRequest), "{bad}");
        }
    }

    #[test]
    fn a_batch_has_a_bound_and_members_stand_for_themselves() {
        let batch = |n: usize| format!("[{}]", vec![r#"{"query":"{a}"}"#; n].join(","));
        assert_eq!(Body::read(batch(1).as_bytes(), 0).unwrap_err().code, Code::BadRequest);
        assert_eq!(Body::read(b"[]", 3).unwrap_err().code, Code::BadRequest);
        assert!(matches!(Body::read(batch(3).as_bytes(), 3), Ok(Body::Batch(members)) if members.len() == 3));
        let refusal = Body::read(batch(4).as_bytes(), 3).unwrap_err();
        assert_eq!((refusal.code, refusal.limit), (Code::Batch, Some(3)));
        let Ok(Body::Batch(members)) = Body::read(br#"[1,{},{"query":"{a}"}]"#, 3) else { panic!("a batch") };
        assert_eq!(members.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn parameters_of_a_query_string_are_decoded() {
        let params =
            Params::from_query_string("query=%7Ba%7D&operationName=&variables=%7B%22n%22%3A1%7D&utm=x").unwrap();
        assert_eq!((params.document, params.operation_name, params.variables.len()), (text("{a}"), None, 1));
        for bad in [
            "",
            "query=",
            "query={a}&query={b}",
            "query={a}&variables=1",
            "query={a}&variables={",
            "query={a}&extensions=[]",
        ] {
            assert_eq!(Params::from_query_string(bad).unwrap_err().code, Code::BadRequest, "{bad}");
        }
    }
}
