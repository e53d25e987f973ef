//! The public keys that verify tokens.

use std::{collections::BTreeMap, fmt};

use pasetors::{keys::AsymmetricPublicKey, version4::V4};

use crate::{SigningKey, TokenError, key};

/// The public keys that verify tokens now, by key id.
///
/// During a rotation it holds the new key and the old one until the last token of the old one has expired.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: BTreeMap<String, AsymmetricPublicKey<V4>>,
}

impl KeyRing {
    /// The ring of these `k4.public.…` strings; one that is not valid refuses all.
    pub fn from_paserk<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Result<Self, TokenError> {
        let mut ring = Self::default();
        for paserk in keys {
            ring.insert(paserk.as_ref())?;
        }
        Ok(ring)
    }

    /// The ring that verifies what these keys sign.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Self {
        Self::from_paserk(keys.into_iter().map(SigningKey::public_paserk)).expect("our own encoding is valid")
    }

    /// Adds a `k4.public.…` string and returns its id.
    pub fn insert(&mut self, public_paserk: &str) -> Result<String, TokenError> {
        let public = key::public_key(public_paserk)?;
        let id = key::key_id(&public);
        self.keys.insert(id.clone(), public);
        Ok(id)
    }

    /// Whether tokens of this key are accepted.
    pub fn contains(&self, key_id: &str) -> bool {
        self.keys.contains_key(key_id)
    }

    /// The ids of all keys.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing can be verified.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn get(&self, key_id: &str) -> Option<&AsymmetricPublicKey<V4>> {
        self.keys.get(key_id)
    }
}

impl PartialEq for KeyRing {
    /// Rings are equal when they hold the same ids: an id is the hash of its key.
    fn eq(&self, other: &Self) -> bool {
        self.key_ids().eq(other.key_ids())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.key_ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let (old, new) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let ring = KeyRing::from_paserk([new.public_paserk(), old.public_paserk()]).unwrap();
        assert_eq!(ring.len(), 2);
        assert!(ring.contains(old.key_id()) && ring.contains(new.key_id()));
        assert!(!ring.contains(SigningKey::from_seed([3; 32]).key_id()));
        assert_eq!(ring, KeyRing::of([&old, &new]));
        assert!(KeyRing::default().is_empty());
    }

    #[test]
    fn s22_other_kinds_of_keys_are_refused() {
        let key = SigningKey::from_seed([1; 32]).public_paserk();
        for wrong in [
            key.replace("k4.", "k3."),
            key.replace("public", "secret"),
            key.replace("public", "local"),
            key[..key.len() - 2].to_owned(),
            format!("{key}AAAA"),
            String::new(),
        ] {
            assert_eq!(KeyRing::from_paserk([&wrong]).unwrap_err(), TokenError::Key, "{wrong}");
        }
    }
}
