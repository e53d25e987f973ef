//! When a delivery that failed is tried again.

use std::time::Duration;

use rand::{Rng, RngExt as _};

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// Pauses between tries, as Standard Webhooks proposes them: ten tries within a bit more than three days.
const PAUSES: [u64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// A pause is longer or shorter by up to this part: what failed together does not come back together.
const JITTER: f64 = 0.2;

/// The pause after the `tries`th try failed; none when it was the last one.
pub fn pause_after(tries: u32, rng: &mut impl Rng) -> Option<Duration> {
    let pause = PAUSES.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    let stretch = rng.random_range(1.0 - JITTER..=1.0 + JITTER);
    Some(Duration::from_secs(*pause).mul_f64(stretch))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn f18_the_schedule_is_the_documented_one() {
        let page = include_str!("../../../docs/use/webhooks.md");
        assert!(page.contains("5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h"));
        let mut rng = StdRng::seed_from_u64(3);
        let total: u64 = PAUSES.iter().sum();
        assert_eq!(total, 75 * HOUR + 35 * MINUTE + 5);
        for (tries, pause) in (1..).zip(PAUSES) {
            let drawn: Vec<_> = (0..200).map(|_| pause_after(tries, &mut rng).unwrap().as_secs_f64()).collect();
            let whole = Duration::from_secs(pause).as_secs_f64();
            assert!(drawn.iter().all(|one| (whole * 0.8..=whole * 1.2).contains(one)));
            assert!(drawn.iter().any(|one| *one < whole * 0.9) && drawn.iter().any(|one| *one > whole * 1.1));
        }
        assert_eq!((pause_after(10, &mut rng), pause_after(0, &mut rng)), (None, None));
    }
}
