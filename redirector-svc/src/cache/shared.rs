//! The entries in Redis, shared by all redirectors and kept over their restarts.
//!
//! An entry there is believed only when it was stored after this process began to hear of every change (and a little
//! later, for writers who were slow): only then an event would have corrected it. Older entries are good for one thing,
//! to answer when the owner does not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use curtail_proto::links::v1::Target;
use curtail_streams::topology::link_key;
use fred::clients::Pool;
use fred::error::Error;
use fred::interfaces::{HashesInterface as _, LuaInterface as _};
use fred::types::{Value, scripts::Script};
use prost::Message as _;

/// How long storing an entry may take after it was received: an RPC's and a command's time, and some more.
const SLOW_WRITER_MS: u64 = 2000;

/// The layer in Redis.
pub struct Shared {
    redis: Pool,
    put_newer: Script,
    ttl: Duration,
    /// Entries stored before this, by the clock of Redis, are not believed. `u64::MAX`: none are.
    believed_from_ms: AtomicU64,
}

/// An entry and whether it may be believed.
#[derive(Debug)]
pub struct Found {
    /// The link.
    pub target: Target,
    /// Whether a later change would have replaced it.
    pub believed: bool,
}

impl Shared {
    /// On an existing connection pool; entries live for `ttl`.
    pub fn new(redis: Pool, ttl: Duration) -> Self {
        let put_newer = Script::from_lua(include_str!("put_newer.lua"));
        Self { redis, put_newer, ttl, believed_from_ms: AtomicU64::new(u64::MAX) }
    }

    /// Changes may be missed from now on: no entry is believed.
    pub fn invalidate(&self) {
        self.believed_from_ms.store(u64::MAX, Ordering::Release);
    }

    /// No change is missed from now on: entries stored later are believed.
    pub async fn validate(&self) -> Result<(), Error> {
        let (seconds, micros): (u64, u64) = self.redis.eval("return redis.call('TIME')", (), ()).await?;
        self.believed_from_ms.store(seconds * 1000 + micros / 1000 + SLOW_WRITER_MS, Ordering::Release);
        Ok(())
    }

    /// Whether some entries are believed.
    pub fn is_valid(&self) -> bool {
        self.believed_from_ms.load(Ordering::Acquire) != u64::MAX
    }

    /// Looks for a link.
    pub async fn get(&self, domain: &str, code: &str) -> Result<Option<Found>, Error> {
        let fields: Vec<Value> = self.redis.hmget(link_key(domain, code), vec!["t", "at"]).await?;
        let target = fields.first().and_then(Value::as_bytes).and_then(|bytes| Target::decode(bytes).ok());
        let at: u64 = fields.get(1).and_then(Value::as_u64).unwrap_or(0);
        let believed = at >= self.believed_from_ms.load(Ordering::Acquire);
        Ok(target.map(|target| Found { target, believed }))
    }

    /// Stores a link unless a newer version is there.
    pub async fn put(&self, target: &Target) -> Result<(), Error> {
        let client = self.redis.next();
        let args: Vec<Value> = vec![
            target.version.into(),
            Value::Bytes(Bytes::from(target.encode_to_vec())),
            (self.ttl.as_millis() as i64).into(),
        ];
        let keys = vec![link_key(&target.domain, &target.code)];
        self.put_newer.evalsha_with_reload(client, keys, args).await
    }
}
