//! The token by which a mail is unsubscribed from without signing in (RFC 8058).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::Mac as _;

use crate::keyed::Key;
use crate::kind::Kind;
use crate::preferences::Owner;

/// Bytes of the tag: 128 bits, which no one guesses.
const TAG_BYTES: usize = 16;

/// The longest token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 600;

/// Signs tokens and reads them.
#[derive(Clone, Debug)]
pub struct Signer(Key);

impl Signer {
    /// A signer under a key derived from `notify.master_key`.
    pub fn derive(master: &[u8; 32]) -> Self {
        Self(Key::derive(master, "curtail/notify/unsubscribe"))
    }

    /// The token for one kind of mail to one owner. It does not expire: a mail may be read years later.
    pub fn token(&self, owner: &Owner, kind: Kind) -> String {
        let subject = format!("{} {}", kind.name(), owner.key());
        let tag = self.0.tag(subject.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode([&tag[..TAG_BYTES], subject.as_bytes()].concat())
    }

    /// Whom and what a token is about; `None` when it is not one of ours.
    pub fn read(&self, token: &str) -> Option<(Owner, Kind)> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (shown, subject) = bytes.split_at_checked(TAG_BYTES)?;
        self.0.mac(subject).verify_truncated_left(shown).ok()?;
        let (kind, owner) = std::str::from_utf8(subject).ok()?.split_once(' ')?;
        let owner = match owner.split_once(':')? {
            ("user", id) => Owner::User(id.parse().ok()?),
            ("mail", address) => Owner::Address(address.to_owned()),
            _ => return None,
        };
        Some((owner, Kind::from_name(kind)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_owner_and_kind() {
        let signer = Signer::derive(&[1; 32]);
        for owner in [Owner::User(i64::MAX), Owner::Address("ada@example.com".into())] {
            let token = signer.token(&owner, Kind::WeeklyReport);
            assert_eq!(signer.read(&token), Some((owner, Kind::WeeklyReport)));
        }
        let longest = Owner::Address(format!("{}@{}", "l".repeat(64), "d".repeat(189)));
        assert!(signer.token(&longest, Kind::EmailVerification).len() <= MAX_TOKEN_BYTES);
    }

    #[test]
    fn nothing_else_is_a_token() {
        let signer = Signer::derive(&[1; 32]);
        let token = signer.token(&Owner::User(7), Kind::WeeklyReport);
        assert_eq!(Signer::derive(&[2; 32]).read(&token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(signer.read(std::str::from_utf8(&changed).unwrap()), None, "at {at}");
        }
        for text in ["", "AAAA", &token[..20], &format!("{token}AA"), &"A".repeat(601)] {
            assert_eq!(signer.read(text), None, "{text}");
        }
    }
}
