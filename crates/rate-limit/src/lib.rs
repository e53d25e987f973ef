//! Rate limits: every token bucket of the platform.
//!
//! | type | counts in | used for |
//! |---|---|---|
//! | [`LocalLimiter`] | this process, by the crate `governor` | floods from one address, and the fallback while Redis is unavailable |
//! | [`RedisLimiter`] | Redis, by one script, for all replicas together | requests per user, key and address; sign-in attempts |
//!
//! Both count by the generic cell rate algorithm (GCRA): one timestamp per bucket says when the bucket will be full again. A
//! [`Quota`] says how many tokens a bucket holds and how fast they come back.
//!
//! Rejected: a fixed window (twice the quota passes around its edge), a list of timestamps per bucket (memory grows with the
//! quota), and `redis-cell` (a module that managed Redis services do not offer).

mod local;
mod quota;
mod redis;

pub use local::LocalLimiter;
pub use quota::Quota;
pub use redis::{Bucket, Decision, Gate, RedisLimiter};
