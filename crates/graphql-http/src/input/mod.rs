//! Input of an operation: coercion of variables, and the checks of literals that async-graphql leaves out.
//!
//! async-graphql hands variables to resolvers as they came: a missing variable becomes null, an enum may be a string, `10.0`
//! is no `Int`, and a wrong value of a custom scalar fails inside a resolver. Here all input of the selected operation is held
//! to section 6.1.2 (coercing variable values), 5.6.1 (values of correct type) and 5.8.5 (all variable usages are allowed) of
//! the specification before anything is executed. What else may be wrong in a document is left to async-graphql.
//!
//! Takes time linear in the length of document and variables: a fragment is checked once.
//!
//! | module | what it does |
//! |---|---|
//! | `types` | input types of a schema |
//! | `coerce` | variables, from JSON to the values that resolvers get |
//! | `literals` | literals and variable usages in arguments |
//! | `rewrite` | drops usages of variables that were not given, and what an anonymous caller cannot read |
//! | `strings` | string literals that the parser does not read as specified |

mod coerce;
mod literals;
mod rewrite;
pub(crate) mod strings;
mod types;

use async_graphql::Variables;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};

pub(crate) use rewrite::narrow;
pub use rewrite::without_absent;
pub use types::{CustomScalar, InputTypes};

use crate::error::{Code, RequestError};

/// Why the input of an operation does not fit its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    /// The variable it is about, if it is one: clients chose its name, so that it tells nothing of the schema.
    pub variable: Option<String>,
    /// A sentence that names the argument or the variable and the form of its values.
    pub message: String,
}

impl InvalidInput {
    fn argument(path: &str, problem: &str) -> Self {
        Self { variable: None, message: format!("the argument {path} {problem}") }
    }

    fn variable(name: &str, path: &str, problem: &str) -> Self {
        Self { variable: Some(name.to_owned()), message: format!("the variable ${path} {problem}") }
    }

    /// The error as a client sees it. Without `detailed` it names no types and no fields of the schema.
    pub fn to_error(&self, detailed: bool) -> RequestError {
        let message = match (&self.variable, detailed) {
            (_, true) => self.message.clone(),
            (Some(name), false) => format!("the variable ${name} does not fit its type"),
            (None, false) => "the document or its variables do not fit the schema".to_owned(),
        };
        RequestError::new(Code::ValidationFailed, message)
    }
}

impl InputTypes {
    /// Checks the input of `operation`, and returns its variables as resolvers get them.
    ///
    /// # Errors
    /// The first value that does not fit its type.
    pub fn coerce(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<Variables, InvalidInput> {
        let unsigned = literals::check(self, document, operation)?;
        coerce::variables(self, operation, variables, &unsigned)
    }
}

#[cfg(test)]
mod tests;
