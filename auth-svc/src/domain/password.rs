//! Passwords as they come in.
//!
//! A password has one form, whichever keyboard it came from (PRECIS `OpaqueString`): it is what is estimated, hashed and
//! compared. Hashes made before that rule are of the bytes as they were sent, so a password that differs from its form keeps
//! those, too.

use crate::Error;

/// The longest password in bytes: enough for any passphrase, little enough that hashing it costs what hashing any costs.
pub(crate) const MAX_BYTES: usize = 256;
/// The fewest characters of a new password, whatever the estimate says (NIST SP 800-63B, 3.1.1.2).
pub(crate) const MIN_CHARS: usize = 8;

/// At most 256 bytes as it was sent. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password {
    form: String,
    /// As it was sent, if that differs.
    raw: Option<String>,
}

impl Password {
    /// Takes a password from the request's `field`.
    pub(crate) fn parse(text: String, field: &'static str) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::password_too_long(field));
        }
        let form = curtail_text::password::opaque_string(&text).into_owned();
        let raw = (form != text).then_some(text);
        Ok(Self { form, raw })
    }

    /// The form that is hashed and compared.
    pub(crate) fn expose(&self) -> &str {
        &self.form
    }

    /// The password as it was sent, if that differs from its form.
    pub(crate) fn expose_raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    /// Whether it has the characters that a new password needs.
    pub(crate) fn is_long_enough(&self) -> bool {
        self.form.chars().count() >= MIN_CHARS
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s14_length_counts_bytes_at_the_edge_and_one_past() {
        assert!(Password::parse("ä".repeat(128), "password").is_ok());
        assert!(Password::parse("x".repeat(257), "password").is_err());
        assert!(Password::parse(String::new(), "password").is_ok());
    }

    #[test]
    fn one_password_however_it_is_encoded() {
        let (composed, decomposed) = ("caf\u{e9}-noir-42", "cafe\u{301}-noir-42");
        let password = |text: &str| Password::parse(text.to_owned(), "password").unwrap();
        assert_eq!(password(decomposed).expose(), composed);
        assert_eq!(password(decomposed).expose_raw(), Some(decomposed));
        assert_eq!(password(composed).expose_raw(), None);
        // Seven characters, however many code points they are sent as.
        assert!(!password(&"e\u{301}".repeat(7)).is_long_enough());
    }

    #[test]
    fn eight_characters_are_enough_and_seven_are_not() {
        let password = |text: &str| Password::parse(text.to_owned(), "password").unwrap();
        assert!(password("ääääääää").is_long_enough());
        assert!(!password("ääääääa").is_long_enough());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::parse("hunter2".into(), "password").unwrap()), "Password(..)");
    }
}
