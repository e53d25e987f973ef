//! Query strings.

use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::endpoint::Query;
use super::fault::{LONGEST_NAME, of_field};
use super::problem::Problem;
use crate::error::Code;

impl<T: DeserializeOwned + IntoParams> Query for T {
    fn read(query: &str) -> Result<Self, Problem> {
        let pairs = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(pairs)
            .map_err(|error| of_field(&error.path().to_string(), &error.inner().to_string()))
    }

    fn parameters() -> Vec<Parameter> {
        Self::into_params(|| Some(ParameterIn::Query))
    }
}

/// The parameters of both.
#[derive(Debug)]
pub struct Params<A, B>(pub A, pub B);

impl<A: Query, B: Query> Query for Params<A, B> {
    fn read(query: &str) -> Result<Self, Problem> {
        Ok(Self(A::read(query)?, B::read(query)?))
    }

    fn parameters() -> Vec<Parameter> {
        A::parameters().into_iter().chain(B::parameters()).collect()
    }
}

/// Reads the query string of a request.
///
/// # Errors
/// `BAD_REQUEST` naming the parameter that is missing, malformed, there more than once, or not one of the operation's.
pub fn read<Q: Query>(query: &str) -> Result<Q, Problem> {
    if query.is_empty() {
        return Q::read(query);
    }
    let known = Q::parameters();
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.iter().any(|parameter| parameter.name == name) {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            let message = format!("there is no parameter {name}");
            return Err(Problem::field(Code::BadRequest, name, "UNKNOWN_PARAMETER", message));
        }
    }
    Q::read(query)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, IntoParams)]
    #[serde(rename_all = "camelCase")]
    struct Some {
        top_rows: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[derive(Debug, Deserialize, IntoParams)]
    struct Other {
        domain: Option<String>,
    }

    #[test]
    fn both_parts_are_read_and_lists_repeat_their_name() {
        let Params(some, other) = read::<Params<Some, Other>>("tag=a&topRows=5&domain=x&tag=b%20c").unwrap();
        assert_eq!(
            (some.top_rows, some.tag, other.domain),
            (Option::Some(5), vec!["a".into(), "b c".into()], Option::Some("x".into()))
        );
        let Params(some, other) = read::<Params<Some, Other>>("").unwrap();
        assert_eq!((some.top_rows, some.tag.len(), other.domain), (None, 0, None));
    }

    #[test]
    fn what_is_unknown_malformed_or_repeated_is_named() {
        for query in ["topRows=x", "topRows=-1", "topRows=1&topRows=2", "colour=red", "top_rows=1"] {
            let problem = read::<Params<Some, Other>>(query).unwrap_err();
            assert_eq!(problem.code(), Code::BadRequest, "{query}");
            let field = query.split('=').next().unwrap();
            assert!(format!("{problem:?}").contains(&format!("field: Some(\"{field}\")")), "{query}: {problem:?}");
        }
    }
}
