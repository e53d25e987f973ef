//! Reads the parameters of a GraphQL request from a body or a query string.
//! See <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>.

use async_graphql::Variables;
use http::{HeaderMap, header};
use serde_json::{Map, Value as Json};

use crate::error::{Code, Refusal};

/// The parameters. Extensions are checked for their form; nothing reads them.
#[derive(Debug, PartialEq)]
pub struct Params {
    /// The document.
    pub query: String,
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

impl Params {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// `BAD_REQUEST` when it is not a JSON object whose parameters have the right types.
    pub fn from_body(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Json::Object(fields)) => Self::from_fields(fields),
            Ok(Json::Array(_)) => Err(bad("batches are not supported: send one operation")),
            Ok(_) => Err(bad("the body must be a JSON object")),
            Err(_) => Err(bad("the body is not valid JSON")),
        }
    }

    /// Reads the query string of a GET. `variables` and `extensions` are JSON texts in it.
    ///
    /// # Errors
    /// `BAD_REQUEST` when a parameter occurs twice or has the wrong type.
    pub fn from_query_string(query: &str) -> Result<Self, Refusal> {
        let mut fields = Map::new();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match key.as_ref() {
                "query" | "operationName" => Json::String(value.into_owned()),
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
    pub fn from_fields(mut fields: Map<String, Json>) -> Result<Self, Refusal> {
        let query = match fields.remove("query") {
            Some(Json::String(query)) if !query.trim().is_empty() => query,
            None | Some(Json::Null | Json::String(_)) => return Err(bad("the parameter query is missing")),
            Some(_) => return Err(bad("the parameter query must be a string")),
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
        match fields.remove("extensions") {
            None | Some(Json::Null | Json::Object(_)) => {}
            Some(_) => return Err(bad("the parameter extensions must be an object")),
        }
        Ok(Self { query, operation_name, variables })
    }
}

fn bad(message: &'static str) -> Refusal {
    Refusal::new(Code::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let params = Params::from_body(br#"{"query":"{a}","operationName":null,"variables":{"n":1},"extensions":{}}"#);
        let params = params.unwrap();
        assert_eq!((params.query.as_str(), params.operation_name, params.variables.len()), ("{a}", None, 1));
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
            assert_eq!(Params::from_body(bad.as_bytes()).unwrap_err().code, Code::BadRequest, "{bad}");
        }
    }

    #[test]
    fn parameters_of_a_query_string_are_decoded() {
        let params =
            Params::from_query_string("query=%7Ba%7D&operationName=&variables=%7B%22n%22%3A1%7D&utm=x").unwrap();
        assert_eq!((params.query.as_str(), params.operation_name, params.variables.len()), ("{a}", None, 1));
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
