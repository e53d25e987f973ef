//! Where randomness comes from.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{SeedableRng as _, rngs::StdRng};

/// A source of independent random generators (ChaCha12), shared by all requests.
///
/// Handlers take a fork and pass it on as an argument, so no generator is held across an await.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<StdRng>>);

impl Entropy {
    /// Seeded by the operating system.
    #[expect(clippy::disallowed_methods, reason = "the one place of this service that makes the real generator")]
    pub fn system() -> Self {
        Self::from(StdRng::from_rng(&mut rand::rng()))
    }

    /// The same sequence every time; for tests.
    pub fn seeded(seed: u64) -> Self {
        Self::from(StdRng::seed_from_u64(seed))
    }

    /// A generator of its own for one piece of work.
    pub fn fork(&self) -> StdRng {
        // A panic while forking leaves the generator whole, so a poisoned lock is as good as any.
        StdRng::from_rng(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<StdRng> for Entropy {
    fn from(rng: StdRng) -> Self {
        Self(Arc::new(Mutex::new(rng)))
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    #[test]
    fn forks_differ() {
        let entropy = Entropy::seeded(1);
        assert_ne!(entropy.fork().random::<u64>(), entropy.fork().random::<u64>());
    }
}
