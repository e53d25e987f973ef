//! Parses documents and keeps those that passed the bounds.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::Name;
use async_graphql::parser::{parse_query, types::ExecutableDocument};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::Limits;
use super::lexer::{LexError, scan};
use super::shape::{Shape, measure};
use crate::error::{Code, RequestError};
use crate::input::{narrow, strings};
use crate::schema_fields::UsedFields;

/// Longer documents are parsed each time, so that the cache's size in bytes has a bound too.
const LONGEST_KEPT: usize = 32 * 1024;

/// A document within the bounds.
#[derive(Debug)]
pub struct Document {
    /// The syntax tree.
    pub parsed: ExecutableDocument,
    /// What its operations ask for; found out when the first of them is executed.
    pub used: OnceLock<UsedFields>,
    operations: HashMap<Option<Name>, Shape>,
}

impl Document {
    /// The names of its operations.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().filter_map(Option::as_deref)
    }

    /// The name of the operation that a request means: the one it says, or else that of the only operation.
    pub fn name<'a>(&'a self, said: Option<&'a str>) -> Option<&'a str> {
        said.or_else(|| self.operations.keys().next()?.as_deref())
    }

    /// Measures of the operation called `name`; without a name, of the only one.
    pub(super) fn shape(&self, name: Option<&str>) -> Shape {
        let named = name.and_then(|name| self.operations.get(&Some(Name::new(name))));
        named.or_else(|| self.operations.values().next()).copied().unwrap_or_default()
    }
}

/// Checks documents; the same text is parsed and measured once.
#[derive(Debug)]
pub struct Documents {
    limits: Limits,
    kept: Cache<[u8; 32], Arc<Document>>,
}

impl Documents {
    /// Keeps up to `entries` documents, found by their SHA-256.
    pub fn new(limits: Limits, entries: usize) -> Self {
        Self { limits, kept: Cache::new(entries) }
    }

    /// The bounds that documents are held to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Parses and measures `text`.
    ///
    /// # Errors
    /// `GRAPHQL_PARSE_FAILED` or the code of the bound that is passed.
    pub fn check(&self, text: &str) -> Result<Arc<Document>, RequestError> {
        if text.len() > LONGEST_KEPT {
            return Ok(Arc::new(self.parse(text)?));
        }
        let digest: [u8; 32] = Sha256::digest(text).into();
        if let Some(known) = self.kept.get(&digest) {
            return Ok(known);
        }
        let document = Arc::new(self.parse(text)?);
        self.kept.insert(digest, document.clone());
        Ok(document)
    }

    /// The operation of `document` called `name`, where the root fields [`Policy::hidden_fields`](super::Policy) select
    /// nothing of the schema: an anonymous caller gets null for them whatever is below.
    ///
    /// # Errors
    /// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
    pub fn narrow(&self, document: Arc<Document>, name: Option<&str>) -> Result<Arc<Document>, RequestError> {
        let Some(parsed) = narrow(&document.parsed, name, self.limits.policy.hidden_fields)? else {
            return Ok(document);
        };
        let operations = measure(&parsed, &self.limits)?;
        Ok(Arc::new(Document { parsed, used: OnceLock::new(), operations }))
    }

    fn parse(&self, text: &str) -> Result<Document, RequestError> {
        scan(text, self.limits.max_tokens, self.limits.max_recursion).map_err(|refusal| match refusal {
            LexError::Tokens => RequestError::new(Code::Tokens, "the document has more tokens than allowed")
                .limit(self.limits.max_tokens),
            LexError::Nesting => RequestError::new(Code::Nesting, "brackets are nested deeper than allowed")
                .limit(self.limits.max_recursion),
            LexError::OpenString => RequestError::new(Code::ParseFailed, "syntax error: a string does not end"),
        })?;
        // The parser takes as long for a comment as for a field.
        if text.len() > self.limits.max_document_bytes {
            let refusal = RequestError::new(Code::DocumentLength, "the document is longer than allowed: use variables");
            return Err(refusal.limit(self.limits.max_document_bytes));
        }
        let Some(text) = strings::normalize(text) else {
            let message = "syntax error: an escape in a string names no character";
            return Err(RequestError::new(Code::ParseFailed, message));
        };
        let parsed = parse_query(text).map_err(|error| RequestError::new(Code::ParseFailed, syntax_error(&error)))?;
        let operations = measure(&parsed, &self.limits)?;
        Ok(Document { parsed, used: OnceLock::new(), operations })
    }
}

/// Says where it went wrong. The parser's own text draws the whole line of the document.
fn syntax_error(error: &async_graphql::parser::Error) -> String {
    match error.positions().next() {
        Some(at) => format!("syntax error at line {}, column {}", at.line, at.column),
        None => format!("syntax error: {error}"),
    }
}
