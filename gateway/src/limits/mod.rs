//! Bounds of an operation, checked on the parsed document before anything is executed.
//!
//! Everything here takes time linear in the length of the document: a fragment is measured once, however often it is
//! spread. The checks of async-graphql itself expand every spread, so a kilobyte of nested fragments would keep them busy
//! for hours; they only ever see documents that passed here.

mod cost;
mod documents;
mod lexer;
mod shape;
mod sizes;

use async_graphql::Variables;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};

pub use documents::{Document, Documents};
pub use shape::{CREDENTIAL_MUTATIONS, OPEN_FIELDS, OPEN_INPUTS, Shape};
pub use sizes::Sizes;
pub(crate) use sizes::named_type;

use crate::error::{Code, Refusal};

/// The bounds; see the keys of the same names in the section `gateway` of the configuration.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "documented in the configuration")]
pub struct Limits {
    pub max_tokens: usize,
    /// Bytes of a document.
    pub max_document_bytes: usize,
    pub max_recursion: usize,
    pub max_depth: usize,
    pub max_selections: usize,
    pub max_aliases: usize,
    pub max_root_fields: usize,
    pub max_credential_mutations: usize,
    pub max_directives: usize,
    pub max_directives_per_field: usize,
    pub max_cost: usize,
    pub max_page: usize,
}

impl From<&curtail_config::Gateway> for Limits {
    fn from(config: &curtail_config::Gateway) -> Self {
        Self {
            max_tokens: config.max_tokens,
            max_document_bytes: config.max_document_bytes,
            max_recursion: config.max_recursion,
            max_depth: config.max_depth,
            max_selections: config.max_selections,
            max_aliases: config.max_aliases,
            max_root_fields: config.max_root_fields,
            max_credential_mutations: config.max_credential_mutations,
            max_directives: config.max_directives,
            max_directives_per_field: config.max_directives_per_field,
            max_cost: config.max_cost,
            max_page: config.max_page,
        }
    }
}

/// The operation of `document` that a request wants.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
pub fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition, Refusal> {
    let refused = |message: &'static str| Refusal::new(Code::ValidationFailed, message);
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| &operation.node)
            .ok_or_else(|| refused("no operation of the document has the name in operationName")),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|operation| &operation.node).ok_or_else(|| refused("no operation"))
        }
        (DocumentOperations::Multiple(_), None) => {
            Err(refused("the document has several operations: say operationName"))
        }
        (DocumentOperations::Single(_), Some(_)) => {
            Err(refused("no operation of the document has the name in operationName"))
        }
    }
}

/// Whether an operation of `document` has a root field that is not for everybody, or that is not there.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
pub fn is_closed(document: &Document, name: Option<&str>) -> Result<bool, Refusal> {
    operation(&document.parsed, name)?;
    Ok(document.shape(name).closed)
}

/// What is known of an operation before it is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it may cost at the most; a thousand is the default bound.
    pub cost: u64,
    /// Root fields that take a password or a token.
    pub credential_mutations: u64,
    /// Whether the only root fields are such ones and for everybody, so that an outdated cookie must not stand in the way.
    pub only_credentials: bool,
    /// Whether it asks for `__schema`.
    pub introspects: bool,
}

/// Checks one operation of a document that was already measured, with its variables.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED`, `TOO_MANY_CREDENTIAL_MUTATIONS`, `PAGE_TOO_LARGE` or `TOO_EXPENSIVE`.
pub fn plan(
    document: &Document,
    name: Option<&str>,
    variables: &Variables,
    sizes: &Sizes,
    limits: &Limits,
) -> Result<Plan, Refusal> {
    let operation = operation(&document.parsed, name)?;
    let shape = document.shape(name);
    if operation.ty == OperationType::Subscription && shape.root_fields != 1 {
        return Err(Refusal::new(Code::ValidationFailed, "a subscription has exactly one root field"));
    }
    // Not sooner: strangers must not learn by it which mutations there are.
    let most = limits.max_credential_mutations;
    shape::at_most(shape.credential_mutations, most as u64, most, Code::CredentialMutations)?;
    let cost = cost::of(&document.parsed, operation, variables, sizes, limits.max_page)?;
    if cost > limits.max_cost as u64 {
        let message = "the operation may cost more than allowed: ask for smaller pages or fewer fields";
        return Err(Refusal::new(Code::Cost, message).limit(limits.max_cost));
    }
    Ok(Plan {
        kind: operation.ty,
        cost,
        credential_mutations: shape.credential_mutations,
        only_credentials: !shape.closed
            && shape.credential_mutations > 0
            && shape.credential_mutations == shape.root_fields,
        introspects: shape.introspects,
    })
}
