//! Values that must not be seen.

use std::fmt;

use serde::Deserialize;

/// A secret setting: a key or an address with a password in it. `Debug` shows only whether it is set.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value, for tests and for tools that compute one.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The 32 bytes that 64 hexadecimal digits stand for.
    ///
    /// # Panics
    /// When the value is something else. Loading refuses malformed keys, and [`crate::Config::require_secrets`] absent
    /// ones, so a process that started never gets here.
    pub fn key32(&self) -> [u8; 32] {
        parse_key32(&self.0).expect("a secret key is 64 hexadecimal digits; missing ones are refused at start")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(unset)" } else { "Secret(***)" })
    }
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse_key32(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_exactly_64_hexadecimal_digits() {
        assert_eq!(parse_key32(&"0f".repeat(32)), Some([15; 32]));
        for bad in ["0f".repeat(31), "0f".repeat(33), "0g".repeat(32), format!("+f{}", "0f".repeat(31))] {
            assert_eq!(parse_key32(&bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(***)");
        assert_eq!(format!("{:?}", Secret::default()), "Secret(unset)");
    }
}
