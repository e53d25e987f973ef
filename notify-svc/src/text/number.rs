//! Whom a text message goes to.

use std::fmt;

/// The fewest digits: no country has shorter numbers for subscribers, and what is shorter is a service.
const MIN_DIGITS: usize = 7;

/// The most digits (ITU-T E.164, 6.2.1).
const MAX_DIGITS: usize = 15;

/// A telephone number in the one form that is taken, that of E.164: `+`, the code of a country, which never begins with 0, and the
/// rest of the number; 7 to 15 digits and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

/// Not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a telephone number such as +15005550006: a plus sign and 7 to 15 digits")]
pub struct BadNumber;

impl Number {
    /// Reads a number. Spaces, hyphens and brackets are not taken: one number has one form, under which codes to it are counted.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, BadNumber> {
        let digits = text.strip_prefix('+').ok_or(BadNumber)?;
        let fits = (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len());
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if fits && plain { Ok(Self(text.to_owned())) } else { Err(BadNumber) }
    }

    /// The number, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_7_to_15_digits() {
        for good in ["+1234567", "+123456789012345", "+15005550006", "+4915112345678"] {
            assert_eq!(Number::parse(good).map(|number| number.to_string()), Ok(good.to_owned()));
        }
        for bad in ["+123456", "+1234567890123456", "+", ""] {
            assert_eq!(Number::parse(bad), Err(BadNumber), "{bad:?}");
        }
    }

    #[test]
    fn s33_what_is_more_than_a_number_is_none() {
        for bad in [
            "15005550006",
            "0015005550006",
            "+05005550006",
            "++15005550006",
            "+1500555-0006",
            "+1 500 555 0006",
            " +15005550006",
            "+15005550006 ",
            "+15005550006\n",
            "+15005550006,+15005550007",
            "+15005550006;ext=1",
            "+15005550006&Body=x",
            "+15005550006%0a",
            "whatsapp:+15005550006",
            "+١٢٣٤٥٦٧٨",
            "+15005550006\0",
        ] {
            assert_eq!(Number::parse(bad), Err(BadNumber), "{bad:?}");
        }
    }
}
