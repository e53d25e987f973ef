//! What a service takes from outside of its configuration.

use curtail_clock::Clock;
use curtail_rpc::Keys;
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng as _};

/// Time, randomness and keys. Tests choose their own.
pub struct Deps {
    /// What time it is.
    pub clock: Clock,
    /// Where codes, ids and secrets come from.
    pub rng: Box<dyn CryptoRng + Send>,
    /// The keys that verify callers. auth-svc verifies with the keys it owns and ignores them.
    pub keys: Keys,
}

impl Deps {
    /// Those of a real process: the system's clock and generator, keys fetched from auth-svc.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes the generator of a service")]
    pub fn system() -> Self {
        Self { clock: Clock::system(), rng: Box::new(StdRng::from_rng(&mut rand::rng())), keys: Keys::Fetched }
    }

    /// Those of a test that is repeatable: its clock, a generator with a fixed seed, and keys from auth-svc.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self { clock, rng: Box::new(StdRng::seed_from_u64(seed)), keys: Keys::Fetched }
    }

    /// The same with other keys.
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }
}
