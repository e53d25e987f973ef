//! Places among ranked hits, as clients carry them: opaque and never trusted.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where a hit ranks: by score, then by age, the youngest first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Finite, and not negative.
    pub score: f32,
    /// The link.
    pub id: i64,
}

impl Place {
    /// `Less` ranks before `Greater`.
    pub fn rank(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| other.id.cmp(&self.id))
    }

    /// The place as text.
    pub fn encode(&self) -> String {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.score.to_be_bytes());
        bytes[4..].copy_from_slice(&self.id.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a place; `None` when the text is none.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() != 16 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (score, id) = bytes.split_first_chunk::<4>()?;
        let place = Self { score: f32::from_be_bytes(*score), id: i64::from_be_bytes(id.try_into().ok()?) };
        (place.score.is_finite() && place.score >= 0.0 && place.id > 0).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let place = Place { score: 12.75, id: i64::MAX - 3 };
        assert_eq!(Place::decode(&place.encode()), Some(place));
    }

    #[test]
    fn noise_is_no_place() {
        let nan = Place { score: f32::NAN, id: 1 }.encode();
        let negative = Place { score: -1.0, id: 1 }.encode();
        for noise in
            ["", "AAAA", "%%%%%%%%%%%%%%%%", nan.as_str(), negative.as_str(), "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAA"]
        {
            assert_eq!(Place::decode(noise), None, "{noise}");
        }
    }

    #[test]
    fn better_first_then_younger() {
        let (good, bad, old) = (Place { score: 2.0, id: 1 }, Place { score: 1.0, id: 9 }, Place { score: 1.0, id: 8 });
        assert!(good.rank(&bad).is_lt() && bad.rank(&old).is_lt());
    }
}
