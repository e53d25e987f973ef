//! The list of documents that the operator allows by id.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::Hash;
use crate::error::RequestError;
use crate::limits::{Document, Documents};

/// What `generate-persisted-query-manifest` writes.
const FORMAT: &str = "apollo-persisted-query-manifest";

/// The documents by id and by hash. Each was held to the bounds when it was read.
#[derive(Debug, Default)]
pub struct Manifest {
    by_id: HashMap<String, Arc<Document>>,
    by_hash: HashMap<Hash, Arc<Document>>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("can not be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is in neither of the two forms.
    #[error("is neither an apollo-persisted-query-manifest of version 1 nor an object of ids and documents: {0}")]
    Malformed(String),
    /// Two documents have one id.
    #[error("has the id {0} twice")]
    Twice(String),
    /// A document is refused.
    #[error("the document {id} is refused: {message} ({code})", message = refusal.message, code = refusal.code.as_str())]
    Refused {
        /// Which one.
        id: String,
        /// Why.
        refusal: RequestError,
    },
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    body: String,
}

#[derive(Deserialize)]
struct Apollo {
    format: String,
    version: u32,
    operations: Vec<Listed>,
}

impl Manifest {
    /// Reads the file; an empty path is an empty manifest.
    ///
    /// # Errors
    /// See [`ManifestError`].
    pub fn read(path: &str, documents: &Documents) -> Result<Self, ManifestError> {
        if path.is_empty() {
            return Ok(Self::default());
        }
        Self::parse(&std::fs::read(Path::new(path))?, documents)
    }

    /// Reads either what Apollo's tools write or the plain object of ids and documents that others do (the client preset of
    /// graphql-codegen, Relay).
    ///
    /// # Errors
    /// Of the form, or of the first document that does not pass the bounds.
    pub fn parse(json: &[u8], documents: &Documents) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        for Listed { id, body } in listed(json)? {
            let document =
                documents.check(&body).map_err(|refusal| ManifestError::Refused { id: id.clone(), refusal })?;
            manifest.by_hash.insert(Hash::of(&body), document.clone());
            if manifest.by_id.insert(id.clone(), document).is_some() {
                return Err(ManifestError::Twice(id));
            }
        }
        Ok(manifest)
    }

    /// The names of all operations.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_id.values().flat_map(|document| document.names())
    }

    /// The document with this id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Document>> {
        self.by_id.get(id)
    }

    /// The document with this hash, whatever its id.
    pub fn by_hash(&self, hash: &Hash) -> Option<&Arc<Document>> {
        self.by_hash.get(hash)
    }
}

fn listed(json: &[u8]) -> Result<Vec<Listed>, ManifestError> {
    let malformed = |error: serde_json::Error| ManifestError::Malformed(error.to_string());
    let whole: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(json).map_err(malformed)?;
    if whole.contains_key("format") {
        let apollo: Apollo = serde_json::from_value(whole.into()).map_err(malformed)?;
        if (apollo.format.as_str(), apollo.version) != (FORMAT, 1) {
            return Err(ManifestError::Malformed(format!("format {} version {}", apollo.format, apollo.version)));
        }
        return Ok(apollo.operations);
    }
    let documents: HashMap<String, String> = serde_json::from_value(whole.into()).map_err(malformed)?;
    Ok(documents.into_iter().map(|(id, body)| Listed { id, body }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn parse(json: &str) -> Result<Manifest, ManifestError> {
        let documents = Documents::new(Limits::default(), 10);
        Manifest::parse(json.as_bytes(), &documents)
    }

    #[test]
    fn both_forms_are_read() {
        let apollo = r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
            [{"id": "one", "name": "One", "type": "query", "body": "query One { version }"}]}"#;
        for json in [apollo, r#"{"one": "query One { version }"}"#] {
            let manifest = parse(json).unwrap();
            assert!(manifest.by_id("one").is_some() && manifest.by_id("two").is_none());
            assert!(manifest.by_hash(&Hash::of("query One { version }")).is_some());
        }
    }

    #[test]
    fn a_manifest_that_can_not_be_served_is_refused_with_the_reason() {
        let twice = r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
            [{"id": "one", "body": "{ version }"}, {"id": "one", "body": "{ version }"}]}"#;
        for (json, expected) in [
            ("[]", "is neither"),
            (r#"{"one": 1}"#, "is neither"),
            (r#"{"format": "other", "version": 1, "operations": []}"#, "format other version 1"),
            (r#"{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}"#, "version 2"),
            (r#"{"one": "{"}"#, "the document one is refused: syntax error"),
            (twice, "has the id one twice"),
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
        let documents = Documents::new(Limits::default(), 10);
        assert!(Manifest::read("", &documents).unwrap().by_id("one").is_none());
        assert!(matches!(Manifest::read("/nowhere.json", &documents), Err(ManifestError::Unreadable(_))));
    }
}
