//! The format of API keys.
//!
//! `ck_live_` + 8 characters by which it is found + 28 secret characters (166 bits) + 6 characters of CRC-32, all base62.
//! The checksum lets a scanner tell a key from a look-alike and refuses typing errors before any look-up; it is no secret.

use rand::{CryptoRng, RngExt as _};

/// What every key starts with.
const BRAND: &str = "ck_live_";
/// Characters of the public part, after the brand.
const PREFIX_CHARS: usize = 8;
const SECRET_CHARS: usize = 28;
const CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A well-formed key with the right checksum. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyText(String);

impl ApiKeyText {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut text = BRAND.to_owned();
        text.extend((0..PREFIX_CHARS + SECRET_CHARS).map(|_| char::from(BASE62[rng.random_range(0..62)])));
        text.push_str(&checksum(&text));
        Self(text)
    }

    /// Reads a key; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(BRAND)?;
        let well_formed = random.len() == PREFIX_CHARS + SECRET_CHARS + CHECKSUM_CHARS
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            return None;
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
        (checksum(body) == sum).then(|| Self(text.to_owned()))
    }

    /// The public start by which the key is found and recognised, with the brand.
    pub fn prefix(&self) -> &str {
        &self.0[..BRAND.len() + PREFIX_CHARS]
    }

    /// The whole key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeyText({}..)", self.prefix())
    }
}

/// CRC-32 in base62, six digits, the most significant first.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn s24_a_key_reads_back_and_has_its_documented_shape() {
        let key = ApiKeyText::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(ApiKeyText::parse(key.expose()), Some(key.clone()));
        assert_eq!(key.expose().len(), 8 + 42);
        assert_eq!(key.prefix().len(), 16);
        assert!(!format!("{key:?}").contains(&key.expose()[16..]));
        // 62^28 > 2^160.
        assert!(SECRET_CHARS as f64 * 62f64.log2() > 160.0);
    }

    #[test]
    fn s24_every_changed_character_is_noticed() {
        let key = ApiKeyText::generate(&mut StdRng::seed_from_u64(2)).expose().to_owned();
        for at in 0..key.len() {
            let other = if &key[at..=at] == "x" { "y" } else { "x" };
            let mut changed = key.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(ApiKeyText::parse(&changed), None, "{at}");
        }
        for wrong in ["", "ck_live_", &key[1..], &key[..key.len() - 1], &format!("{key}0"), &format!("{key} ")] {
            assert_eq!(ApiKeyText::parse(wrong), None);
        }
    }
}
