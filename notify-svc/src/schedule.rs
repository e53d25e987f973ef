//! When a message that did not leave is tried again.

use rand::{Rng, RngExt as _};
use time::Duration;

/// The pauses after the first, second, … try, in seconds; the last one is repeated.
const PAUSES: [i64; 9] = [30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];

/// How far a pause may differ from the table, in per cent, so that what failed together does not come back together.
const JITTER: i64 = 10;

/// The pause after `attempts` tries that were answered, at least one.
pub fn pause(attempts: i32, rng: &mut impl Rng) -> Duration {
    let place = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let ms = PAUSES[place] * 1000;
    let most = ms * JITTER / 100;
    Duration::milliseconds(ms + rng.random_range(-most..=most))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn pauses_grow_to_half_a_day_and_differ_by_a_tenth() {
        let mut rng = StdRng::seed_from_u64(1);
        for (attempts, seconds) in [(0, 30), (1, 30), (2, 120), (9, 43_200), (10, 43_200), (i32::MAX, 43_200)] {
            for _ in 0..100 {
                let pause = pause(attempts, &mut rng).as_seconds_f64();
                let expected = f64::from(seconds);
                assert!((0.9 * expected..=1.1 * expected).contains(&pause), "{attempts}: {pause}");
            }
        }
    }
}
