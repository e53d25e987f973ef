//! One operation that is within the bounds.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;

use crate::error::RequestError;
use crate::limits::{Document, Documents, Plan, Sizes, plan};
use crate::params::Params;

/// An operation whose document and variables were checked, ready to be executed.
#[derive(Debug)]
pub struct Operation {
    /// The parameters as the client sent them.
    pub params: Params,
    /// Its name: the one that the client sent, or else the one it has in the document.
    pub name: Option<String>,
    /// Its document, parsed.
    pub document: Arc<Document>,
    /// What is known of it before it is executed.
    pub plan: Plan,
}

impl Operation {
    /// Checks the bounds of the operation that `params` mean in `document`.
    ///
    /// # Errors
    /// Those of [`plan`].
    pub fn new(
        params: Params,
        document: Arc<Document>,
        documents: &Documents,
        sizes: &Sizes,
    ) -> Result<Self, RequestError> {
        let name = params.operation_name.as_deref();
        let plan = plan(&document, name, &params.variables, sizes, documents.limits())?;
        let name = document.name(name).map(str::to_owned);
        Ok(Self { params, name, document, plan })
    }

    /// Query, mutation or subscription, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self.plan.kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        }
    }

    /// The request for the executor, which takes the parsed document and does not read the text again.
    pub fn into_request(self) -> async_graphql::Request {
        let mut request = async_graphql::Request::new("").variables(self.params.variables);
        request.operation_name = self.params.operation_name;
        request.set_parsed_query(self.document.parsed.clone());
        request
    }
}
