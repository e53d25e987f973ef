//! How a request says which document it means.

use sha2::{Digest as _, Sha256};

/// The prefix of an id that is a hash; see the appendix "Persisted Documents" of the GraphQL over HTTP draft.
const SHA256: &str = "sha256:";

/// SHA-256 of the text of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of `text`.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        let digits = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = digits.then(|| u8::from_str_radix(&hex[at..at + 2], 16).ok())??;
        }
        Some(Self(bytes))
    }
}

/// A document, sent or named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// Sent.
    Text(String),
    /// Named by its hash; sent too when the client was told that the hash is not known.
    Hash(Hash, Option<String>),
    /// Named by its id in the manifest.
    Id(String),
}

impl DocumentSource {
    /// By the parameter `documentId`: a hash after `sha256:`, or else an id of the manifest.
    pub fn by_id(id: String) -> Self {
        match id.strip_prefix(SHA256).and_then(Hash::parse) {
            Some(hash) => Self::Hash(hash, None),
            None => Self::Id(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits() {
        let hex = "f4e6bb2b5c0d9ac2d9ecb1f4bbd2d3ad1d3b6f6bd0df0d40e3f4a9e7b6a5c4d3";
        assert!(Hash::parse(hex).is_some());
        assert_eq!(Hash::parse(hex), Hash::parse(&hex.to_uppercase()));
        assert_eq!(Hash::parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), Some(Hash::of("")));
        for bad in [
            "",
            &hex[1..],
            &format!("{hex}0"),
            &hex.replace('f', "g"),
            &hex.replace("f4", "é"),
            &hex.replace("f4", "+4"),
        ] {
            assert_eq!(Hash::parse(bad), None, "{bad}");
        }
    }
}
