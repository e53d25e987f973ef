//! E-mail addresses.

use crate::Error;

/// The longest address in bytes (RFC 5321, 4.5.3.1.3 without the angle brackets).
pub(crate) const MAX_BYTES: usize = 254;
/// The longest part before the @ in bytes (RFC 5321, 4.5.3.1.1).
pub(crate) const MAX_LOCAL_BYTES: usize = 64;
/// The longest label of the domain in bytes (RFC 1035, 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// A valid address: dot-atom, @, host name; ASCII only, the domain in lower case. International domains come as A-labels.
///
/// Quoted local parts and address literals are refused: no user signs up with them, and header injection
/// needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Checks an address as a user typed it. Space around it is not part of it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').filter(|_| text.len() <= MAX_BYTES).ok_or(Error::EMAIL_INVALID)?;
        if !is_local_part(local) || !is_host_name(domain) {
            return Err(Error::EMAIL_INVALID);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address as it is shown and written to.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes an address unique: all of it in lower case, because no mail host in use tells `Bob@` from `bob@`.
    pub(crate) fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

fn is_local_part(local: &str) -> bool {
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL_BYTES && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext))
}

fn is_host_name(domain: &str) -> bool {
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= MAX_LABEL_BYTES
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address of exactly `bytes` bytes.
    fn of_length(bytes: usize) -> String {
        let labels = ["d".repeat(63), "d".repeat(63), "d".repeat(bytes - 64 - 1 - 128)];
        format!("{}@{}", "l".repeat(64), labels.join("."))
    }

    #[test]
    fn domain_is_lower_case_and_the_key_entirely() {
        let email = Email::parse(" Bob.B+x@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "Bob.B+x@example.com");
        assert_eq!(email.key(), "bob.b+x@example.com");
    }

    #[test]
    fn length_at_the_edge_and_one_past() {
        assert_eq!(of_length(254).len(), 254);
        assert!(Email::parse(&of_length(254)).is_ok());
        assert!(Email::parse(&of_length(255)).is_err());
        assert!(Email::parse(&format!("{}@a.b", "l".repeat(64))).is_ok());
        assert!(Email::parse(&format!("{}@a.b", "l".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.b", "d".repeat(63))).is_ok());
        assert!(Email::parse(&format!("a@{}.b", "d".repeat(64))).is_err());
    }

    #[test]
    fn s33_what_would_break_a_header_or_confuse_is_refused() {
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@b",
            "a@b@c",
            "a b@c.d",
            "a@b c",
            "a\r\nBcc: x@y.z@c.d",
            "a@c.d\r\nBcc: x",
            "a\0@c.d",
            "a@c\t.d",
            "a@.d",
            "a@d.",
            "a@c..d",
            ".a@c.d",
            "a.@c.d",
            "a..b@c.d",
            "\"a b\"@c.d",
            "<a@c.d>",
            "a@[127.0.0.1]",
            "a,b@c.d",
            "a@-c.d",
            "a@c-.d",
            "a@c_d.e",
            "аdmin@c.d",
            "a@ｃ.d",
            "a\u{202e}@c.d",
            "a@c.d\u{200b}",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
