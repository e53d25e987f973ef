//! Documents that requests name instead of sending them.
//!
//! - By hash: the gateway learns a document that comes together with its SHA-256, and then knows it by the hash (automatic
//!   persisted queries, <https://www.apollographql.com/docs/apollo-server/performance/apq>).
//! - By id: the operator lists documents in a [`Manifest`]; it can be made the only way in.

mod manifest;
mod wanted;

use std::sync::Arc;

use quick_cache::sync::Cache;

pub use manifest::{Manifest, ManifestError};
pub use wanted::{Hash, Wanted};

use crate::error::{Code, Refusal};
use crate::limits::{Document, Documents};

/// Every document that is known by a name.
#[derive(Debug)]
pub struct Persisted {
    manifest: Manifest,
    /// Whether a document must be in the manifest.
    only: bool,
    /// Documents that clients taught, within the bounds of every document; `None` when they may not.
    learned: Option<Cache<Hash, Arc<Document>>>,
    longest: usize,
}

impl Persisted {
    /// What the keys `gateway.persisted_*` say.
    pub fn new(settings: &curtail_config::Gateway, manifest: Manifest) -> Self {
        let learned = (settings.persisted_query_entries > 0).then(|| Cache::new(settings.persisted_query_entries));
        Self { manifest, only: settings.persisted_only, learned, longest: settings.persisted_query_bytes }
    }

    /// The document that a request wants.
    ///
    /// - `gateway_persisted_queries_total{outcome}`: documents that were `found`, `missing`, `learned` or in the `manifest`
    ///
    /// # Errors
    /// A code `PERSISTED_QUERY_…` when the name names nothing or there is none; those of [`Documents::check`].
    pub fn find(&self, documents: &Documents, wanted: &Wanted) -> Result<Arc<Document>, Refusal> {
        match wanted {
            Wanted::Text(_) if self.only => {
                Err(Refusal::new(Code::PersistedQueryIdRequired, "documents are only taken by their hash or id"))
            }
            Wanted::Text(text) => documents.check(text),
            Wanted::Id(id) => self.manifest.by_id(id).map(listed).ok_or_else(not_in_list),
            Wanted::Hash(hash, text) => match self.manifest.by_hash(hash) {
                Some(document) => Ok(listed(document)),
                None if self.only => Err(not_in_list()),
                None => self.by_hash(documents, hash, text.as_deref()),
            },
        }
    }

    fn by_hash(&self, documents: &Documents, hash: &Hash, text: Option<&str>) -> Result<Arc<Document>, Refusal> {
        // The messages are what the clients of this protocol look for.
        let Some(learned) = &self.learned else {
            return Err(Refusal::new(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"));
        };
        let Some(text) = text else {
            let known = learned.get(hash);
            count(if known.is_some() { "found" } else { "missing" });
            return known.ok_or_else(|| Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound"));
        };
        if Hash::of(text) != *hash {
            return Err(Refusal::new(Code::BadRequest, "provided sha does not match query"));
        }
        let document = documents.check(text)?;
        if text.len() <= self.longest {
            count("learned");
            learned.insert(*hash, document.clone());
        }
        Ok(document)
    }
}

fn listed(document: &Arc<Document>) -> Arc<Document> {
    count("manifest");
    document.clone()
}

fn not_in_list() -> Refusal {
    count("missing");
    Refusal::new(Code::PersistedQueryNotInList, "no document with this hash or id is in the list")
}

fn count(outcome: &'static str) {
    metrics::counter!("gateway_persisted_queries_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const TEXT: &str = "{ version }";

    fn parts(change: impl FnOnce(&mut curtail_config::Gateway)) -> (Persisted, Documents) {
        let mut settings = curtail_config::Config::for_tests().gateway;
        change(&mut settings);
        let documents = Documents::new(Limits::from(&settings), 10);
        let manifest = Manifest::parse(br#"{"listed": "{ viewer { id } }"}"#, &documents).unwrap();
        (Persisted::new(&settings, manifest), documents)
    }

    fn code(found: Result<Arc<Document>, Refusal>) -> Option<Code> {
        found.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_document_is_learned_by_its_hash_and_only_by_its_own() {
        let (persisted, documents) = parts(|_| ());
        let hash = Hash::of(TEXT);
        let find = |wanted: Wanted| code(persisted.find(&documents, &wanted));
        assert_eq!(find(Wanted::Hash(hash, None)), Some(Code::PersistedQueryNotFound));
        assert_eq!(find(Wanted::Hash(hash, Some("{ viewer { id } }".into()))), Some(Code::BadRequest));
        assert_eq!(find(Wanted::Hash(Hash::of("{"), Some("{".into()))), Some(Code::ParseFailed));
        assert_eq!(find(Wanted::Hash(hash, None)), Some(Code::PersistedQueryNotFound));
        assert_eq!(find(Wanted::Hash(hash, Some(TEXT.into()))), None);
        assert_eq!(find(Wanted::Hash(hash, None)), None);
        assert_eq!(find(Wanted::Text(TEXT.into())), None);
    }

    #[test]
    fn long_documents_are_executed_and_not_learned() {
        for (longest, expected) in [(TEXT.len(), None), (TEXT.len() - 1, Some(Code::PersistedQueryNotFound))] {
            let (persisted, documents) = parts(|settings| settings.persisted_query_bytes = longest);
            let hash = Hash::of(TEXT);
            assert_eq!(code(persisted.find(&documents, &Wanted::Hash(hash, Some(TEXT.into())))), None);
            assert_eq!(code(persisted.find(&documents, &Wanted::Hash(hash, None))), expected);
        }
    }

    #[test]
    fn learning_can_be_switched_off() {
        let (persisted, documents) = parts(|settings| settings.persisted_query_entries = 0);
        let find = |text| code(persisted.find(&documents, &Wanted::Hash(Hash::of(TEXT), text)));
        assert_eq!(find(None), Some(Code::PersistedQueryNotSupported));
        assert_eq!(find(Some(TEXT.to_owned())), Some(Code::PersistedQueryNotSupported));
        assert_eq!(code(persisted.find(&documents, &Wanted::Id("listed".into()))), None);
    }

    #[test]
    fn s16_the_list_can_be_the_only_way_in() {
        let (persisted, documents) = parts(|settings| settings.persisted_only = true);
        let find = |wanted: Wanted| code(persisted.find(&documents, &wanted));
        assert_eq!(find(Wanted::Text("{ viewer { id } }".into())), Some(Code::PersistedQueryIdRequired));
        assert_eq!(find(Wanted::Hash(Hash::of(TEXT), Some(TEXT.into()))), Some(Code::PersistedQueryNotInList));
        assert_eq!(find(Wanted::Id("other".into())), Some(Code::PersistedQueryNotInList));
        assert_eq!(find(Wanted::Id("listed".into())), None);
        assert_eq!(find(Wanted::Hash(Hash::of("{ viewer { id } }"), None)), None);
    }
}
