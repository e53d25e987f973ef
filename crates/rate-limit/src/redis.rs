//! Buckets in Redis, shared by all replicas.

use std::time::Duration;

use curtail_clock::Clock;
use fred::clients::Pool;
use fred::error::{Error, ErrorKind};
use fred::interfaces::ClientLike as _;
use fred::types::scripts::Script;

use crate::Quota;

/// One bucket, and how many tokens a request takes from it.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its key in Redis.
    pub key: String,
    /// Its capacity and rate.
    pub quota: Quota,
    /// More than the capacity counts as the capacity, so that no request waits forever.
    pub tokens: u32,
}

/// A delay that grows with each attempt once the free ones are used up.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Its key in Redis.
    pub key: String,
    /// Attempts before the first delay.
    pub free: u32,
    /// It doubles with each further attempt.
    pub first_delay: Duration,
    /// Where it stops growing.
    pub longest_delay: Duration,
    /// How long attempts are remembered after the last one.
    pub memory: Duration,
}

/// What the limiter decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// How long to wait; `None` if the tokens were taken.
    pub wait: Option<Duration>,
    /// Tokens left in the first bucket.
    pub remaining: u64,
    /// Time until the first bucket is full.
    pub full_in: Duration,
    /// Attempts that the gate remembers, this one among them; 0 without a gate.
    pub attempts: u64,
}

/// Takes tokens from buckets in Redis, each call in one atomic step.
#[derive(Debug)]
pub struct RedisLimiter {
    redis: Pool,
    script: Script,
    timeout: Duration,
    clock: Option<Clock>,
}

impl RedisLimiter {
    /// Creates a limiter that waits for Redis for at most `timeout`. It goes by the clock of Redis, so that replicas with different
    /// clocks agree.
    pub fn new(redis: Pool, timeout: Duration) -> Self {
        Self { redis, script: Script::from_lua(include_str!("gcra.lua")), timeout, clock: None }
    }

    /// Goes by `clock` instead of that of Redis.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Returns `true` if Redis is connected.
    pub fn is_connected(&self) -> bool {
        self.redis.next_connected().is_connected()
    }

    /// Takes the tokens from every bucket and one attempt from the gate, or nothing at all.
    ///
    /// # Errors
    /// When Redis is unavailable or too slow. It may then have taken the tokens.
    pub async fn take(&self, buckets: &[Bucket], gate: Option<&Gate>) -> Result<Decision, Error> {
        let [wait, remaining, full_in, attempts] = self.run("take", buckets, gate).await?;
        Ok(Decision {
            wait: (wait > 0).then(|| Duration::from_millis(wait)),
            remaining,
            full_in: Duration::from_millis(full_in),
            attempts,
        })
    }

    /// Puts tokens and attempt back.
    ///
    /// # Errors
    /// When Redis is unavailable or too slow.
    pub async fn put_back(&self, buckets: &[Bucket], gate: Option<&Gate>) -> Result<(), Error> {
        self.run("return", buckets, gate).await.map(drop)
    }

    /// Puts the tokens back and forgets every attempt at the gate.
    ///
    /// # Errors
    /// When Redis is unavailable or too slow.
    pub async fn reset(&self, buckets: &[Bucket], gate: Option<&Gate>) -> Result<(), Error> {
        self.run("reset", buckets, gate).await.map(drop)
    }

    async fn run(&self, operation: &str, buckets: &[Bucket], gate: Option<&Gate>) -> Result<[u64; 4], Error> {
        let client = self.redis.next_connected();
        if !client.is_connected() {
            return Err(Error::new(ErrorKind::IO, "not connected"));
        }
        let now = self.clock.as_ref().map_or_else(String::new, |clock| clock.unix_ms().to_string());
        let mut arguments = vec![operation.to_owned(), now, buckets.len().to_string()];
        for bucket in buckets {
            let capacity = bucket.quota.capacity().get();
            let tokens = bucket.tokens.min(capacity);
            arguments.extend([millis(bucket.quota.interval()), capacity.to_string(), tokens.to_string()]);
        }
        if let Some(gate) = gate {
            let memory = gate.memory.as_millis().to_string();
            arguments.extend([gate.free.to_string(), millis(gate.first_delay), millis(gate.longest_delay), memory]);
        }
        let keys = buckets.iter().map(|bucket| bucket.key.as_str()).chain(gate.map(|gate| gate.key.as_str()));
        let keys: Vec<&str> = keys.collect();
        let reply = self.script.evalsha_with_reload::<Vec<i64>, _, _>(client, keys, arguments);
        let reply = tokio::time::timeout(self.timeout, reply).await;
        let reply = reply.map_err(|_| Error::new(ErrorKind::Timeout, "Redis did not reply in time"))??;
        let reply =
            <[i64; 4]>::try_from(reply).map_err(|_| Error::new(ErrorKind::Protocol, "not a reply of gcra.lua"))?;
        Ok(reply.map(|number| u64::try_from(number).unwrap_or(0)))
    }
}

/// Milliseconds with their fraction: an interval is seldom a whole number of them.
fn millis(duration: Duration) -> String {
    (duration.as_secs_f64() * 1000.0).to_string()
}
