//! The token in a verification mail.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use time::OffsetDateTime;

use crate::{domain::Email, secrets::MacKey};

/// Proves that its holder reads the mail of `email`: base64url(user id, expiry in Unix seconds, MAC over both and the
/// address). Bound to the address, so it is worth nothing once the account has another.
pub fn verification_token(key: &MacKey, user_id: i64, email: &Email, expires_at: OffsetDateTime) -> String {
    let user = user_id.to_be_bytes();
    let expiry = expires_at.unix_timestamp().to_be_bytes();
    let tag = key.tag(&[&user, &expiry, email.key().as_bytes()]);
    BASE64_URL_SAFE_NO_PAD.encode([&user[..], &expiry, &tag].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bound_to_the_address() {
        let key = MacKey::derive(&[1; 32], "verification");
        let token =
            |email: &str| verification_token(&key, 1, &Email::parse(email).unwrap(), OffsetDateTime::UNIX_EPOCH);
        assert_ne!(token("a@example.com"), token("b@example.com"));
        assert_eq!(token("a@example.com"), token("A@example.com"));
        assert_eq!(token("a@example.com").len(), 64);
    }
}
