//! Counts distinct visitors in a bounded space, mergeable over links, shards and time.

use datasketches::hll::{Coupon, HllSketch, HllType, HllUnion};

/// 2^15 registers: a relative standard error of 1.04 / √2¹⁵ = 0.57 %, so that 2 % are 3.5 standard errors. Up to 3,072
/// visitors are kept as a set instead, where the error is that of a collision of 26 bits.
const PRECISION: u8 = 15;

const STORED: HllType = HllType::Hll4;

/// The stored bytes are no sketch of ours.
#[derive(Debug, thiserror::Error)]
#[error("stored sketch: {0}")]
pub struct BadSketch(String);

/// One visitor, hashed for [`Sketch::insert`].
pub fn visitor(hash: u64) -> Coupon {
    Coupon::from_value(hash)
}

/// A set of visitors that can be stored.
#[derive(Clone)]
pub struct Sketch(HllSketch);

impl Sketch {
    /// The empty set.
    pub fn new() -> Self {
        Self(HllSketch::new(PRECISION, STORED).expect("the precision is within 4 and 21"))
    }

    /// Adds a visitor; again has no effect.
    pub fn insert(&mut self, visitor: Coupon) {
        self.0.update_with_coupon(visitor);
    }

    /// The bytes of Apache DataSketches' HLL format.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.serialize()
    }

    /// Reads what [`Sketch::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`BadSketch`] when the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSketch> {
        HllSketch::deserialize(bytes).map(Self).map_err(|error| BadSketch(error.to_string()))
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self::new()
    }
}

/// Merges stored sketches and tells how many distinct visitors they hold together.
#[derive(Default)]
pub struct Uniques(Option<HllUnion>);

impl Uniques {
    /// Adds the visitors of a stored sketch.
    ///
    /// # Errors
    /// [`BadSketch`] when the bytes are no sketch.
    pub fn merge(&mut self, stored: &[u8]) -> Result<(), BadSketch> {
        let sketch = Sketch::from_bytes(stored)?;
        self.0
            .get_or_insert_with(|| HllUnion::new(PRECISION).expect("the precision is within 4 and 21"))
            .update(&sketch.0);
        Ok(())
    }

    /// The estimate. It depends on the visitors alone and not on the order in which they came.
    pub fn count(&self) -> i64 {
        self.0.as_ref().map_or(0, |union| union.composite_estimate().round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(visitors: std::ops::Range<u64>) -> Vec<u8> {
        let mut sketch = Sketch::new();
        // Visitor hashes are spread evenly: an odd factor permutes the 64-bit numbers.
        visitors.for_each(|n| sketch.insert(visitor(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        sketch.to_bytes()
    }

    fn count<'a>(sketches: impl IntoIterator<Item = &'a Vec<u8>>) -> i64 {
        let mut uniques = Uniques::default();
        sketches.into_iter().for_each(|bytes| uniques.merge(bytes).unwrap());
        uniques.count()
    }

    fn assert_within_two_per_cent(estimate: i64, exact: u64) {
        let error = (estimate as f64 - exact as f64).abs() / exact as f64;
        assert!(error <= 0.02, "{estimate} for {exact}: {:.2} %", error * 100.0);
    }

    #[test]
    fn small_numbers_are_exact() {
        assert_eq!(count([]), 0);
        for n in [1, 10, 100, 1_000, 3_000] {
            assert_eq!(count([&sketch(0..n)]), n as i64, "{n}");
        }
    }

    #[test]
    fn the_error_is_at_most_two_per_cent() {
        for n in [10, 1_000, 3_500, 10_000, 30_000, 100_000, 1_000_000] {
            assert_within_two_per_cent(count([&sketch(0..n)]), n);
        }
    }

    #[test]
    fn the_error_is_at_most_two_per_cent_after_merges() {
        for n in [10, 1_000, 100_000, 1_000_000] {
            let tenth = n / 10;
            // Each part shares half of its visitors with the next.
            let parts: Vec<_> = (0..10).map(|i| sketch(i * tenth..(i + 1) * tenth + tenth / 2)).collect();
            assert_within_two_per_cent(count(&parts), n + tenth / 2);
        }
        let small: Vec<_> = (0..1_000).map(|i| sketch(i * 100..i * 100 + 100)).collect();
        assert_within_two_per_cent(count(&small), 100_000);
    }

    #[test]
    fn order_and_repetition_change_nothing() {
        let parts = [sketch(0..50_000), sketch(40_000..90_000), sketch(0..10)];
        let forth = count(&parts);
        assert_eq!(forth, count(parts.iter().rev()));
        assert_eq!(forth, count(parts.iter().chain(&parts)));
    }

    #[test]
    fn a_stored_sketch_goes_on() {
        let mut again = Sketch::from_bytes(&sketch(0..5_000)).unwrap();
        (5_000..10_000u64).for_each(|n| again.insert(visitor(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        assert_eq!(count([&again.to_bytes()]), count([&sketch(0..10_000)]));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Sketch::from_bytes(b"").is_err());
        assert!(Sketch::from_bytes(&[0xff; 64]).is_err());
    }
}
