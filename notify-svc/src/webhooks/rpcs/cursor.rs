//! Places in a log, as clients carry them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The place of a delivery.
pub fn encode(delivery: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(delivery.to_be_bytes())
}

/// The delivery at a place; none for what is no cursor of ours.
pub fn decode(cursor: &str) -> Option<i64> {
    // Eight bytes are eleven characters.
    let bytes = (cursor.len() == 11).then(|| BASE64_URL_SAFE_NO_PAD.decode(cursor).ok())??;
    Some(i64::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_noise_does_not() {
        for id in [0, 1, i64::MAX] {
            assert_eq!(decode(&encode(id)), Some(id));
        }
        for noise in ["", "AAAA", "AAAAAAAAAAAA", "AAAAAAAAAA!", "' or 1=1 --"] {
            assert_eq!(decode(noise), None, "{noise}");
        }
    }
}
