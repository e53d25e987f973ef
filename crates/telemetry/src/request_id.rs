//! The id that joins the log lines of one request across processes.

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue};
use rand::Rng;

/// The header (and gRPC metadata key) that carries a [`RequestId`].
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a caller, in bytes.
const MAX_BYTES: usize = 64;

/// An opaque id of at most 64 characters out of `A-Za-z0-9._-`, safe to log and to send.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id: 128 random bits as 32 hexadecimal digits.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(format!("{:032x}", u128::from_be_bytes(bytes)).into())
    }

    /// The id that a caller sent, unless it is empty, too long or holds other characters.
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        (!text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header.
    pub fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an id has visible ASCII characters only")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn generated_ids_are_taken_over_by_the_next_hop() {
        let id = RequestId::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(id.as_str().len(), 32);
        assert_eq!(RequestId::from_header(&id.to_header()), Some(id));
    }

    #[test]
    fn ids_of_callers_are_bounded() {
        let longest = "a".repeat(MAX_BYTES);
        assert!(RequestId::from_header(&HeaderValue::from_str(&longest).unwrap()).is_some());
        for bad in [String::new(), format!("{longest}a"), "a b".into(), "a\"b".into(), "a{}".into()] {
            assert_eq!(RequestId::from_header(&HeaderValue::from_str(&bad).unwrap()), None, "{bad}");
        }
        assert_eq!(RequestId::from_header(&HeaderValue::from_bytes(b"\xc3\xa4").unwrap()), None);
    }
}
