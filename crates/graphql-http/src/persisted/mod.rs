//! Documents that requests name instead of sending them.
//!
//! - By hash: a document that comes together with its SHA-256 is registered, and found by the hash from then on (automatic
//!   persisted queries, <https://www.apollographql.com/docs/apollo-server/performance/apq>).
//! - By id: the operator lists documents in a [`Manifest`]; it can be made the only way in.

mod manifest;
mod source;

use std::sync::Arc;

use quick_cache::sync::Cache;

pub use manifest::{Manifest, ManifestError};
pub use source::{DocumentSource, Hash};

use crate::error::{Code, RequestError};
use crate::limits::{Document, Documents};

/// Which documents are accepted by name, and which are registered.
#[derive(Debug, Clone, Copy)]
pub struct PersistedSettings {
    /// Accept only documents of the manifest.
    pub only: bool,
    /// How many documents clients may register by their hash; 0: none.
    pub entries: usize,
    /// Longer documents are not registered, in bytes.
    pub max_bytes: usize,
    /// Called with the result of each look-up by a name, for metrics.
    pub on_lookup: fn(Lookup),
}

impl Default for PersistedSettings {
    fn default() -> Self {
        Self { only: false, entries: 1000, max_bytes: 32 * 1024, on_lookup: |_| () }
    }
}

/// The result of a look-up by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// A client registered it before.
    Found,
    /// No document has this name.
    Missing,
    /// It came with its hash, and is registered now.
    Registered,
    /// It is in the manifest.
    Manifest,
}

/// Every document that is known by a name.
#[derive(Debug)]
pub struct Persisted {
    manifest: Manifest,
    settings: PersistedSettings,
    /// Documents that clients registered; `None` when they may not.
    registered: Option<Cache<Hash, Arc<Document>>>,
}

impl Persisted {
    /// Accepts the documents of `manifest` and those that clients register.
    pub fn new(settings: PersistedSettings, manifest: Manifest) -> Self {
        let registered = (settings.entries > 0).then(|| Cache::new(settings.entries));
        Self { manifest, settings, registered }
    }

    /// Returns the document that a request sends or names.
    ///
    /// # Errors
    /// A code `PERSISTED_QUERY_…` when the name names nothing or there is none; those of [`Documents::check`].
    pub fn find(&self, documents: &Documents, source: &DocumentSource) -> Result<Arc<Document>, RequestError> {
        match source {
            DocumentSource::Text(_) if self.settings.only => {
                Err(RequestError::new(Code::PersistedQueryIdRequired, "documents are only taken by their hash or id"))
            }
            DocumentSource::Text(text) => documents.check(text),
            DocumentSource::Id(id) => self.listed(self.manifest.by_id(id)),
            DocumentSource::Hash(hash, text) => match self.manifest.by_hash(hash) {
                None if !self.settings.only => self.by_hash(documents, hash, text.as_deref()),
                listed => self.listed(listed),
            },
        }
    }

    fn by_hash(&self, documents: &Documents, hash: &Hash, text: Option<&str>) -> Result<Arc<Document>, RequestError> {
        // The messages are what the clients of this protocol look for.
        let Some(registered) = &self.registered else {
            return Err(RequestError::new(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"));
        };
        let Some(text) = text else {
            let known = registered.get(hash);
            self.count(if known.is_some() { Lookup::Found } else { Lookup::Missing });
            return known.ok_or_else(|| RequestError::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound"));
        };
        if Hash::of(text) != *hash {
            return Err(RequestError::new(Code::BadRequest, "provided sha does not match query"));
        }
        let document = documents.check(text)?;
        if text.len() <= self.settings.max_bytes {
            self.count(Lookup::Registered);
            registered.insert(*hash, document.clone());
        }
        Ok(document)
    }

    fn listed(&self, document: Option<&Arc<Document>>) -> Result<Arc<Document>, RequestError> {
        self.count(if document.is_some() { Lookup::Manifest } else { Lookup::Missing });
        let missing = "no document with this hash or id is in the list";
        document.cloned().ok_or_else(|| RequestError::new(Code::PersistedQueryNotInList, missing))
    }

    fn count(&self, lookup: Lookup) {
        (self.settings.on_lookup)(lookup);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const TEXT: &str = "{ version }";

    fn parts(change: impl FnOnce(&mut PersistedSettings)) -> (Persisted, Documents) {
        let mut settings = PersistedSettings::default();
        change(&mut settings);
        let documents = Documents::new(Limits::default(), 10);
        let manifest = Manifest::parse(br#"{"listed": "{ viewer { id } }"}"#, &documents).unwrap();
        (Persisted::new(settings, manifest), documents)
    }

    fn code(found: Result<Arc<Document>, RequestError>) -> Option<Code> {
        found.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_document_is_learned_by_its_hash_and_only_by_its_own() {
        let (persisted, documents) = parts(|_| ());
        let hash = Hash::of(TEXT);
        let find = |wanted: DocumentSource| code(persisted.find(&documents, &wanted));
        assert_eq!(find(DocumentSource::Hash(hash, None)), Some(Code::PersistedQueryNotFound));
        assert_eq!(find(DocumentSource::Hash(hash, Some("{ viewer { id } }".into()))), Some(Code::BadRequest));
        assert_eq!(find(DocumentSource::Hash(Hash::of("{"), Some("{".into()))), Some(Code::ParseFailed));
        assert_eq!(find(DocumentSource::Hash(hash, None)), Some(Code::PersistedQueryNotFound));
        assert_eq!(find(DocumentSource::Hash(hash, Some(TEXT.into()))), None);
        assert_eq!(find(DocumentSource::Hash(hash, None)), None);
        assert_eq!(find(DocumentSource::Text(TEXT.into())), None);
    }

    #[test]
    fn long_documents_are_executed_and_not_learned() {
        for (longest, expected) in [(TEXT.len(), None), (TEXT.len() - 1, Some(Code::PersistedQueryNotFound))] {
            let (persisted, documents) = parts(|settings| settings.max_bytes = longest);
            let hash = Hash::of(TEXT);
            assert_eq!(code(persisted.find(&documents, &DocumentSource::Hash(hash, Some(TEXT.into())))), None);
            assert_eq!(code(persisted.find(&documents, &DocumentSource::Hash(hash, None))), expected);
        }
    }

    #[test]
    fn learning_can_be_switched_off() {
        let (persisted, documents) = parts(|settings| settings.entries = 0);
        let find = |text| code(persisted.find(&documents, &DocumentSource::Hash(Hash::of(TEXT), text)));
        assert_eq!(find(None), Some(Code::PersistedQueryNotSupported));
        assert_eq!(find(Some(TEXT.to_owned())), Some(Code::PersistedQueryNotSupported));
        assert_eq!(code(persisted.find(&documents, &DocumentSource::Id("listed".into()))), None);
    }

    #[test]
    fn s16_the_list_can_be_the_only_way_in() {
        let (persisted, documents) = parts(|settings| settings.only = true);
        let find = |wanted: DocumentSource| code(persisted.find(&documents, &wanted));
        assert_eq!(find(DocumentSource::Text("{ viewer { id } }".into())), Some(Code::PersistedQueryIdRequired));
        assert_eq!(find(DocumentSource::Hash(Hash::of(TEXT), Some(TEXT.into()))), Some(Code::PersistedQueryNotInList));
        assert_eq!(find(DocumentSource::Id("other".into())), Some(Code::PersistedQueryNotInList));
        assert_eq!(find(DocumentSource::Id("listed".into())), None);
        assert_eq!(find(DocumentSource::Hash(Hash::of("{ viewer { id } }"), None)), None);
    }
}
