//! One operation that is within the bounds.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;

use crate::error::RequestError;
use crate::input::{InputTypes, InvalidInput, without_absent};
use crate::limits::{Document, Documents, Plan, Sizes, operation, plan};
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
    /// Why its input does not fit its types, if it does not. It is for the server to refuse it, once it is known how much the
    /// caller may learn.
    pub invalid: Option<InvalidInput>,
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
        Ok(Self { params, name, document, plan, invalid: None })
    }

    /// The same with its variables coerced to their types, and all input checked. The cost is that of the coerced variables.
    ///
    /// # Errors
    /// Those of [`plan`].
    pub fn with_inputs(
        mut params: Params,
        document: Arc<Document>,
        documents: &Documents,
        sizes: &Sizes,
        inputs: &InputTypes,
    ) -> Result<Self, RequestError> {
        let selected = operation(&document.parsed, params.operation_name.as_deref())?;
        let invalid = match inputs.coerce(&document.parsed, selected, &params.variables) {
            Ok(variables) => {
                params.variables = variables;
                None
            }
            Err(invalid) => Some(invalid),
        };
        Ok(Self { invalid, ..Self::new(params, document, documents, sizes)? })
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
        let Params { operation_name, variables, .. } = self.params;
        let document = without_absent(&self.document.parsed, operation_name.as_deref(), &variables)
            .unwrap_or_else(|| self.document.parsed.clone());
        let mut request = async_graphql::Request::new("").variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(document);
        request
    }
}
