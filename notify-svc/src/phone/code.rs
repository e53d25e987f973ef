//! Codes, and what is kept of them.

use hmac::Mac as _;
use rand::{Rng, RngExt as _};

use crate::keyed::Key;
use crate::text::Number;

/// The digits of a code.
const DIGITS: usize = 6;

/// Creates and verifies codes. A code has a million values, so its hash is keyed: a reader of the database cannot try them.
#[derive(Clone, Debug)]
pub(super) struct Codes(Key);

impl Codes {
    /// Under a key derived from `notify.master_key`.
    pub(super) fn derive(master: &[u8; 32]) -> Self {
        Self(Key::derive(master, "curtail/notify/phone"))
    }

    /// A new code.
    pub(super) fn make(rng: &mut impl Rng) -> String {
        format!("{:06}", rng.random_range(0..1_000_000))
    }

    /// Whether a text has the form of a code.
    pub(super) fn is_code(text: &str) -> bool {
        text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// What is kept of the code that was sent to a user's number; it is good for no other.
    pub(super) fn hash(&self, user_id: i64, number: &str, code: &str) -> Vec<u8> {
        self.0.tag(text(user_id, number, code).as_bytes()).to_vec()
    }

    /// Whether it is the code of which `hash` was kept, found out in the same time for all codes.
    pub(super) fn fits(&self, hash: &[u8], user_id: i64, number: &str, code: &str) -> bool {
        self.0.mac(text(user_id, number, code).as_bytes()).verify_slice(hash).is_ok()
    }

    /// The names under which codes are counted: that of the user and that of the number.
    pub(super) fn subjects(&self, user_id: i64, number: &Number) -> [Vec<u8>; 2] {
        let name = |text: String| self.0.tag(text.as_bytes())[..16].to_vec();
        [name(format!("user {user_id}")), name(format!("number {number}"))]
    }
}

fn text(user_id: i64, number: &str, code: &str) -> String {
    format!("code {user_id} {number} {code}")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn codes_are_six_digits_and_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        let codes: std::collections::BTreeSet<String> = (0..1_000).map(|_| Codes::make(&mut rng)).collect();
        assert!(codes.len() > 990 && codes.iter().all(|code| Codes::is_code(code)));
        assert!(codes.iter().any(|code| code.starts_with('0')), "all million values occur");
        for bad in ["", "12345", "1234567", "12345a", "١٢٣", "+12345", " 12345"] {
            assert!(!Codes::is_code(bad), "{bad}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_user_and_number() {
        let codes = Codes::derive(&[1; 32]);
        let hash = codes.hash(7, "+15005550006", "123456");
        assert!(codes.fits(&hash, 7, "+15005550006", "123456"));
        assert!(!codes.fits(&hash, 8, "+15005550006", "123456"));
        assert!(!codes.fits(&hash, 7, "+15005550007", "123456"));
        assert!(!codes.fits(&hash, 7, "+15005550006", "123457"));
        assert!(!Codes::derive(&[2; 32]).fits(&hash, 7, "+15005550006", "123456"));
    }
}
