//! What there is to do.

use http::Method;

use crate::rate::shared::tokens;

/// One operation of the API: what a method does at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `operationId` of the OpenAPI document, and the operation's name in log and metrics.
    pub id: &'static str,
    /// The method.
    pub method: Method,
    /// The path in the notation of axum and OpenAPI: `{id}` stands for a segment.
    pub path: &'static str,
    /// The heading under which the document has it.
    pub tag: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know.
    pub about: &'static str,
    /// What it costs, as an operation of GraphQL does: one unit of the caller's bucket for each started hundred.
    pub cost: u64,
    /// Whether it is for everybody; all others need a credential.
    pub public: bool,
}

impl Operation {
    /// What it takes out of the caller's bucket at the least.
    pub fn units(&self) -> u64 {
        tokens(self.cost, 0)
    }
}
