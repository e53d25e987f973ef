//! What to offer when an alias is taken.

use rand::{CryptoRng, RngExt as _};

use super::Alias;
use crate::limits;

/// Aliases like `taken`, most wanted first; the caller keeps those that are free. Small numbers first, then random ones, so
/// that a popular word still gives a free one.
pub fn candidates(taken: &str, rng: &mut dyn CryptoRng) -> Vec<String> {
    let numbers = (2..=5u32).chain((0..6).map(|_| rng.random_range(10..10_000)));
    numbers.filter_map(|number| with_suffix(taken, number)).collect()
}

fn with_suffix(taken: &str, number: u32) -> Option<String> {
    let suffix = format!("-{number}");
    let stem: String = taken.chars().take(limits::ALIAS_CHARS - suffix.len()).collect();
    Alias::parse(&format!("{stem}{suffix}")).ok().map(|alias| alias.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn candidates_are_valid_aliases_also_of_the_longest() {
        let mut rng = StdRng::seed_from_u64(3);
        assert_eq!(candidates("summer", &mut rng)[..2], ["summer-2", "summer-3"]);
        for alias in candidates(&"ü".repeat(255), &mut rng) {
            assert!(alias.chars().count() <= 255);
        }
    }
}
