//! Faults at random, but the same for the same seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::platform::Platform;

/// Something to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of a service, in the middle of whatever it does. What it had in memory is gone.
    Kill(&'static str),
    /// `kill -9` of Redis; its append-only file is left.
    Redis,
    /// `kill -9` of Redis with all its data.
    RedisEmpty,
}

/// What can befall a click on its way to the counters.
pub const ON_THE_WAY_OF_A_CLICK: [Fault; 6] = [
    Fault::Kill("redirector"),
    Fault::Kill("analytics"),
    Fault::Redis,
    Fault::Kill("redirector"),
    Fault::Kill("analytics"),
    Fault::RedisEmpty,
];

/// Breaks things one after the other.
pub struct Saboteur {
    rng: StdRng,
    plan: Vec<Fault>,
}

impl Saboteur {
    /// Will do `faults` faults, each of `kinds` about equally often, in an order that `seed` decides.
    pub fn new(seed: u64, kinds: &[Fault], faults: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut plan: Vec<Fault> = kinds.iter().copied().cycle().take(faults).collect();
        plan.shuffle(&mut rng);
        Self { rng, plan }
    }

    /// How many faults are left.
    pub fn left(&self) -> usize {
        self.plan.len()
    }

    /// Does the next fault, waits a moment and mends it.
    pub async fn strike(&mut self, platform: &mut Platform) {
        let Some(fault) = self.plan.pop() else { return };
        let pause = Duration::from_millis(self.rng.random_range(0..800));
        match fault {
            Fault::Kill(name) => {
                platform.kill9(name);
                tokio::time::sleep(pause).await;
                platform.restart(name).await;
            }
            Fault::Redis => {
                platform.redis.kill9();
                tokio::time::sleep(pause).await;
                platform.redis.restart().await.expect("Redis starts");
            }
            Fault::RedisEmpty => {
                platform.redis.kill9();
                tokio::time::sleep(pause).await;
                platform.redis.restart_empty().await.expect("Redis starts");
            }
        }
    }
}
