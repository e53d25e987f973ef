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
pub use shape::Shape;
pub use sizes::Sizes;
pub(crate) use sizes::named_type;

use crate::error::{Code, RequestError};

/// Fields that a schema treats specially.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// Root fields of mutations that try or make a credential. Trying many in one request is guessing.
    pub credential_mutations: &'static [&'static str],
    /// Root fields that anonymous callers may use; see [`is_closed`].
    pub open_fields: &'static [&'static str],
    /// Root fields among them that are null for anonymous callers, whatever is selected of them; see [`Documents::narrow`].
    pub hidden_fields: &'static [&'static str],
    /// Types of the variables that those fields take.
    pub open_inputs: &'static [&'static str],
}

/// The bounds of documents and operations.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a document.
    pub max_document_bytes: usize,
    /// Tokens of a document.
    pub max_tokens: usize,
    /// Nesting of brackets and fragments that the parser follows.
    pub max_recursion: usize,
    /// Nesting of fields.
    pub max_depth: usize,
    /// Selections of one operation, with its fragments expanded.
    pub max_selections: usize,
    /// Aliases of one operation.
    pub max_aliases: usize,
    /// Root fields of one operation.
    pub max_root_fields: usize,
    /// Root fields of one operation that are in [`Policy::credential_mutations`].
    pub max_credential_mutations: usize,
    /// Directives of one operation.
    pub max_directives: usize,
    /// Directives of one selection.
    pub max_directives_per_field: usize,
    /// Cost of one operation.
    pub max_cost: usize,
    /// Items of one page.
    pub max_page: usize,
    /// Fields that the schema treats specially.
    pub policy: Policy,
}

/// Bounds that the documents of ordinary clients stay within.
impl Default for Limits {
    fn default() -> Self {
        Self {
            max_document_bytes: 32 * 1024,
            max_tokens: 2000,
            max_recursion: 32,
            max_depth: 10,
            max_selections: 500,
            max_aliases: 30,
            max_root_fields: 20,
            max_credential_mutations: 1,
            max_directives: 20,
            max_directives_per_field: 4,
            max_cost: 1000,
            max_page: 100,
            policy: Policy::default(),
        }
    }
}

/// The operation of `document` that a request wants.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
pub fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, RequestError> {
    let refused = |message: &'static str| RequestError::new(Code::ValidationFailed, message);
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

/// Returns `true` if an operation of `document` has a root field that is not in [`Policy::open_fields`]. For an anonymous caller such a
/// field must look like one that does not exist.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
pub fn is_closed(document: &Document, name: Option<&str>) -> Result<bool, RequestError> {
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
) -> Result<Plan, RequestError> {
    let operation = operation(&document.parsed, name)?;
    let shape = document.shape(name);
    if operation.ty == OperationType::Subscription && shape.root_fields != 1 {
        return Err(RequestError::new(Code::ValidationFailed, "a subscription has exactly one root field"));
    }
    // Not sooner: strangers must not learn by it which mutations there are.
    let most = limits.max_credential_mutations;
    shape::at_most(shape.credential_mutations, most as u64, most, Code::CredentialMutations)?;
    let cost = cost::of(&document.parsed, operation, variables, sizes, limits.max_page)?;
    if cost > limits.max_cost as u64 {
        let message = "the operation may cost more than allowed: ask for smaller pages or fewer fields";
        return Err(RequestError::new(Code::Cost, message).limit(limits.max_cost));
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
