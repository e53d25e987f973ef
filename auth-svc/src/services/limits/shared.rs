//! Counters in Redis, each step one script and so atomic.

use std::time::Duration;

use curtail_clock::Clock;
use fred::{
    clients::Pool,
    error::{Error, ErrorKind},
    interfaces::ClientLike as _,
    types::scripts::Script,
};

use super::{LOCKOUT_MEMORY, bucket::Bucket};

/// After this many failures at an account by unknown devices the delay begins.
const FREE_TRIES: u64 = 10;
/// The first delay; it doubles with each failure.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Where the delay stops growing: long enough that guessing is pointless, short enough that an owner on a new device gets
/// through.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// 1, 2, 4, 8, 16 and then 30 seconds.
pub(super) const FAILURES_TO_LONGEST_DELAY: u64 = FREE_TRIES + 6;
/// How long Redis may take before this process counts for itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// What became of a try.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It may go on. `failures`: those that the gate remembers, this one among them; 0 without a gate.
    Taken { failures: u64 },
    /// It has to wait.
    Wait(Duration),
}

#[derive(Debug)]
pub(super) struct Shared {
    redis: Pool,
    clock: Clock,
    take: Script,
    give_back: Script,
}

impl Shared {
    pub fn new(redis: Pool, clock: Clock) -> Self {
        let (take, give_back) = (include_str!("take.lua"), include_str!("give_back.lua"));
        Self { redis, clock, take: Script::from_lua(take), give_back: Script::from_lua(give_back) }
    }

    /// Whether Redis is there.
    pub fn is_connected(&self) -> bool {
        self.redis.next_connected().is_connected()
    }

    /// Takes a try from every bucket and through the gate, or from none of them.
    pub async fn take(&self, buckets: &[Bucket], gate: Option<&str>) -> Result<Verdict, Error> {
        let mut args = vec![self.clock.unix_ms(), buckets.len() as i64];
        for bucket in buckets {
            args.extend([millis(bucket.rule.interval), i64::from(bucket.rule.burst.get())]);
        }
        if gate.is_some() {
            args.extend([FREE_TRIES as i64, millis(FIRST_DELAY), millis(LONGEST_DELAY), millis(LOCKOUT_MEMORY)]);
        }
        let answer = self.run(&self.take, buckets, gate, args).await?;
        let size = answer.unsigned_abs();
        Ok(if answer > 0 { Verdict::Wait(Duration::from_millis(size)) } else { Verdict::Taken { failures: size } })
    }

    /// Puts a try back.
    pub async fn give_back(&self, buckets: &[Bucket], gate: Option<&str>, forget_gate: bool) -> Result<(), Error> {
        let mut args = vec![self.clock.unix_ms(), buckets.len() as i64];
        args.extend(buckets.iter().map(|bucket| millis(bucket.rule.interval)));
        args.push(i64::from(forget_gate));
        self.run(&self.give_back, buckets, gate, args).await.map(drop)
    }

    async fn run(&self, script: &Script, buckets: &[Bucket], gate: Option<&str>, args: Vec<i64>) -> Result<i64, Error> {
        let keys: Vec<&str> = buckets.iter().map(|bucket| bucket.key.as_str()).chain(gate).collect();
        let client = self.redis.next_connected();
        if !client.is_connected() {
            return Err(Error::new(ErrorKind::IO, "not connected"));
        }
        tokio::time::timeout(PATIENCE, script.evalsha_with_reload(client, keys, args))
            .await
            .map_err(|_| Error::new(ErrorKind::Timeout, "too slow"))?
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
