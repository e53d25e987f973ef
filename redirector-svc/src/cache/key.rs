//! The address of a link.

use quick_cache::Equivalent;

/// A short domain of the configuration, by its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DomainId(pub u16);

/// A code on a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The short domain.
    pub domain: DomainId,
    /// As stored: NFC, not percent-encoded.
    pub code: Box<str>,
}

/// A [`Key`] that is looked up without being copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyRef<'a> {
    /// The short domain.
    pub domain: DomainId,
    /// As stored: NFC, not percent-encoded.
    pub code: &'a str,
}

impl KeyRef<'_> {
    /// A key of one's own.
    pub fn to_key(self) -> Key {
        Key { domain: self.domain, code: self.code.into() }
    }
}

impl Key {
    /// Lends the key.
    pub fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { domain: self.domain, code: &self.code }
    }
}

// Both hash their fields in the same order, and `Box<str>` hashes as `str`.
impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_ref()
    }
}
