//! Whom a mail goes to.

use lettre::Address;
use lettre::message::Mailbox;

/// An address with a name, neither of which can break out of its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    address: Address,
    full_name: String,
}

/// Why no one is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecipient {
    /// The address is none, or of a form that no account has.
    #[error("the address is none that mail is sent to")]
    Address,
    /// The name has control characters.
    #[error("the name has control characters")]
    Name,
}

impl Recipient {
    /// Takes an address and a name; the name may be empty.
    ///
    /// Only what auth-svc takes as an address goes through: ASCII, and no quoted local part.
    ///
    /// # Errors
    /// For anything that could become a second header or a second recipient.
    pub fn new(address: &str, full_name: &str) -> Result<Self, BadRecipient> {
        if full_name.chars().any(char::is_control) {
            return Err(BadRecipient::Name);
        }
        if !address.bytes().all(|byte| byte.is_ascii_graphic()) || address.contains(['"', '<', '>', ',', '[']) {
            return Err(BadRecipient::Address);
        }
        let address = address.parse().map_err(|_| BadRecipient::Address)?;
        Ok(Self { address, full_name: full_name.to_owned() })
    }

    /// The address.
    pub fn address(&self) -> &str {
        self.address.as_ref()
    }

    /// The name; may be empty.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// The form for the header `To`.
    pub(crate) fn mailbox(&self) -> Mailbox {
        // What looks like an encoded word (RFC 2047) would be decoded to anything.
        let name = self.full_name.replace("=?", "= ?");
        Mailbox::new((!name.is_empty()).then_some(name), self.address.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s33_what_would_start_another_header_or_recipient_is_refused() {
        for address in [
            "",
            "ada",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\nBcc: eve@example.com",
            "ada\r@example.com",
            "ada@example.com,eve@example.com",
            "ada@example.com, eve@example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "\"a b\"@example.com",
            "ada@[127.0.0.1]",
            "ada@example.com\0",
            "аda@example.com",
        ] {
            assert_eq!(Recipient::new(address, "Ada").unwrap_err(), BadRecipient::Address, "{address:?}");
        }
        for name in ["Ada\r\nBcc: eve@example.com", "Ada\n", "\rAda", "Ada\0", "Ada\u{85}", "Ada\u{7f}"] {
            assert_eq!(Recipient::new("ada@example.com", name).unwrap_err(), BadRecipient::Name, "{name:?}");
        }
    }

    #[test]
    fn names_of_people_are_kept() {
        for name in ["", "Ada Lovelace", "Ærø, \"O'Neil\" <x@y>", "日本", "a".repeat(200).as_str()] {
            assert_eq!(Recipient::new("ada@example.com", name).unwrap().full_name(), name);
        }
    }
}
