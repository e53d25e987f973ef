//! What clients ask for, counted, so that a field can be retired when no one does any more.
//!
//! OperationUsage is what is about to be executed: each field of the schema once for an operation, however often it occurs in it.

mod fields;
mod names;

use std::sync::Arc;

pub use fields::Fields;
pub use names::{LONGEST as LONGEST_NAME, Label, Names};

use curtail_graphql_http::Document;

use crate::request::RequestContext;

/// The counters of fields and operations.
#[derive(Debug)]
pub struct Usage {
    fields: Fields,
    names: Names,
}

/// What was counted of one operation, for its line in the log and the labels of what is measured.
#[derive(Debug, Clone)]
pub struct OperationUsage {
    /// The operation's name if it is one of those that are told apart; see [`Names`].
    pub label: Label,
    /// The deprecated fields that it asks for.
    pub deprecated: Option<Arc<str>>,
    /// The API key that asks for deprecated fields.
    pub api_key: Option<i64>,
}

impl Usage {
    /// Counters for the schema that `sdl` describes.
    ///
    /// # Errors
    /// When `sdl` is not a schema.
    pub fn from_sdl(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        Ok(Self { fields: Fields::from_sdl(sdl)?, names: Names::default() })
    }

    /// Gives each of the operations called `names` a label, before it is sent.
    pub fn list<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        self.names.list(names);
    }

    /// Counts the operation of `document` called `name`, which was checked before and is about to be executed.
    ///
    /// - `gateway_operation_total{operation,kind}`: operations by name and by query, mutation or subscription
    /// - `gateway_field_usage_total{type,field,deprecated}`: operations that ask for a field
    pub fn count(
        &self,
        document: &Document,
        name: Option<&str>,
        kind: &'static str,
        by: &RequestContext,
    ) -> OperationUsage {
        let label = self.names.label(name, by.principal.is_some());
        metrics::counter!("gateway_operation_total", "operation" => label.clone(), "kind" => kind).increment(1);
        let used = document.used.get_or_init(|| self.fields.used(&document.parsed));
        let deprecated = self.fields.count(used.get(name));
        let api_key = deprecated.as_ref().and(by.principal.as_ref()).and_then(|principal| principal.api_key_id);
        OperationUsage { label, deprecated, api_key }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use curtail_proto::auth::v1::Client;

    use super::*;
    use crate::request::Principal;
    use curtail_graphql_http::{Documents, Limits};

    #[test]
    fn who_asks_for_a_deprecated_field_is_told() {
        let usage = Usage::from_sdl("type Query { slug: String @deprecated code: String }").unwrap();
        usage.list(["Listed"]);
        let documents = Documents::new(Limits::default(), 1);
        let principal = |api_key_id| Principal {
            user_id: 1,
            session_id: None,
            api_key_id,
            internal_token: "".into(),
            workspaces: Arc::default(),
            scopes: Arc::default(),
            platform_admin: false,
        };
        let count = |text: &str, caller| {
            let by =
                RequestContext::new(caller, Client::default(), curtail_rpc::CallContext::new(Instant::now()), None);
            usage.count(&documents.check(text).unwrap(), Some("Q"), "query", &by)
        };
        let old = count("query Q { slug code }", Some(principal(Some(7))));
        assert_eq!((old.deprecated.as_deref(), old.api_key), (Some("Query.slug"), Some(7)));
        let of_a_person = count("query Q { slug }", Some(principal(None)));
        assert_eq!((of_a_person.deprecated.as_deref(), of_a_person.api_key), (Some("Query.slug"), None));
        let new = count("query Q { code }", Some(principal(Some(7))));
        assert_eq!((new.deprecated, new.api_key), (None, None));
        assert_eq!(usage.names.label(Some("Listed"), false), Label::const_str("Listed"), "it has one from the start");
        assert_eq!(count("query Q { code }", None).label, Label::const_str("Q"), "it has its label by now");
    }
}
