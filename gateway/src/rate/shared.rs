//! The buckets of callers in Redis, shared by all gateways.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use curtail_edge::ClientNetwork;
use curtail_rate_limit::{Bucket, Decision, Quota, RedisLimiter};
use curtail_streams::topology::gateway_rate_key;
use fred::clients::Pool;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use crate::error::{Code, Refusal};
use crate::request::Principal;

/// A bucket refills within this time.
const WINDOW: Duration = Duration::from_secs(60);
/// Redis counts as unavailable when it takes longer than this.
const TIMEOUT: Duration = Duration::from_millis(100);
/// How long Redis is not tried after it was unavailable, so that requests in between are not held up.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// The cost that one token of a bucket pays for.
const COST_PER_TOKEN: u64 = 100;

/// A caller's bucket and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Name of the policy in the headers.
    pub policy: &'static str,
    key: String,
    /// Tokens per minute.
    pub per_minute: u32,
}

impl Allowance {
    /// The allowance of an API key (its own limit, or else that of its plan), or of a user (the best plan of their workspaces).
    pub fn new(principal: &Principal, own_limit: u32, plans: &curtail_config::Plans) -> Self {
        let plan =
            principal.workspaces.iter().map(|membership| membership.plan).max().unwrap_or(curtail_tokens::Plan::Free);
        let of_plan = match plan {
            curtail_tokens::Plan::Free => plans.free.requests_per_minute,
            curtail_tokens::Plan::Pro => plans.pro.requests_per_minute,
            curtail_tokens::Plan::Enterprise => plans.enterprise.requests_per_minute,
        };
        match principal.api_key_id {
            Some(id) => {
                let per_minute = if own_limit == 0 { of_plan } else { own_limit };
                Self { policy: "api-key", key: gateway_rate_key("key", id), per_minute }
            }
            None => Self { policy: "user", key: gateway_rate_key("user", principal.user_id), per_minute: of_plan },
        }
    }

    /// The allowance of anonymous callers at an address. The key holds a hash: addresses of visitors are not stored.
    pub fn anonymous(address: IpAddr, per_minute: u32) -> Self {
        let digest = Sha256::digest(ClientNetwork::from(address).to_string());
        let hash = digest.iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        Self { policy: "anonymous", key: gateway_rate_key("address", hash), per_minute }
    }
}

/// The tokens that an operation takes: one for each started hundred of its cost, and at least one for each credential it tries.
pub fn tokens(cost: u64, credential_mutations: u64) -> u64 {
    cost.div_ceil(COST_PER_TOKEN).max(credential_mutations).max(1)
}

/// The state of a bucket after a request, for the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaStatus {
    policy: &'static str,
    quota: u32,
    remaining: u64,
    reset: u64,
}

impl QuotaStatus {
    /// `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Self { policy, quota, remaining, reset } = self;
        let pairs = [
            ("ratelimit-policy", format!("\"{policy}\";q={quota};w={}", WINDOW.as_secs())),
            ("ratelimit", format!("\"{policy}\";r={remaining};t={reset}")),
        ];
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Whether a request may pass.
#[derive(Debug)]
pub enum Outcome {
    /// It may pass. The status is unknown when Redis is unavailable and the limiter stays open.
    Pass(Option<QuotaStatus>),
    /// It may not: the bucket is empty, or Redis is unavailable and the limiter is closed.
    Refuse(Refusal, Option<QuotaStatus>),
}

/// Takes tokens from the callers' buckets.
pub struct SharedLimiter {
    redis: RedisLimiter,
    open_without_redis: bool,
    started: Instant,
    /// Milliseconds after `started` until which Redis is not tried.
    unavailable_until: AtomicU64,
}

impl SharedLimiter {
    /// `open_without_redis`: whether requests pass while Redis is unavailable.
    pub fn new(redis: Pool, open_without_redis: bool) -> Self {
        Self {
            redis: RedisLimiter::new(redis, TIMEOUT),
            open_without_redis,
            started: Instant::now(),
            unavailable_until: AtomicU64::new(0),
        }
    }

    /// Takes `tokens` from the bucket. More than it holds count as all that it holds, so that no request waits forever.
    pub async fn take(&self, allowance: &Allowance, tokens: u64) -> Outcome {
        match self.decide(allowance, tokens).await {
            Some((None, status)) => {
                count("allowed");
                Outcome::Pass(Some(status))
            }
            Some((Some(wait), status)) => {
                count("refused");
                let refusal = Refusal::new(Code::RateLimited, "too many requests, try again later");
                Outcome::Refuse(refusal.retry_after(wait), Some(status))
            }
            None if self.open_without_redis => {
                count("open");
                Outcome::Pass(None)
            }
            None => {
                count("closed");
                let refusal = Refusal::new(Code::Unavailable, "requests cannot be counted at the moment, try again");
                Outcome::Refuse(refusal.retry_after(Duration::from_secs(1)), None)
            }
        }
    }

    /// The time to wait, if any, and the status of the bucket; `None` when Redis is unavailable.
    async fn decide(&self, allowance: &Allowance, tokens: u64) -> Option<(Option<Duration>, QuotaStatus)> {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < self.unavailable_until.load(Ordering::Relaxed) {
            return None;
        }
        let quota = Quota::new(NonZeroU32::new(allowance.per_minute).unwrap_or(NonZeroU32::MIN), WINDOW);
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        let bucket = Bucket { key: allowance.key.clone(), quota, tokens };
        let Ok(Decision { wait, remaining, full_in, .. }) = self.redis.take(&[bucket], None).await else {
            let until = now + u64::try_from(RETRY_AFTER.as_millis()).unwrap_or(0);
            self.unavailable_until.store(until, Ordering::Relaxed);
            return None;
        };
        let reset = u64::try_from(full_in.as_millis()).unwrap_or(u64::MAX).div_ceil(1000);
        let status = QuotaStatus { policy: allowance.policy, quota: allowance.per_minute, remaining, reset };
        Some((wait, status))
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gateway_limiter_total", "limiter" => "shared", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    #[test]
    fn s15_each_credential_counts_and_so_does_each_hundred_of_cost() {
        for (cost, credentials, expected) in [(0, 0, 1), (1, 0, 1), (100, 0, 1), (101, 0, 2), (1000, 0, 10), (10, 3, 3)]
        {
            assert_eq!(tokens(cost, credentials), expected);
        }
    }

    #[test]
    fn a_key_has_its_own_limit_and_a_user_that_of_the_best_plan() {
        let plans = curtail_config::Config::for_tests().plans;
        let membership = |plan| curtail_tokens::Membership { id: 1, role: curtail_tokens::Role::Owner, plan };
        let principal = |api_key_id| Principal {
            user_id: 7,
            session_id: None,
            api_key_id,
            internal_token: "t".into(),
            workspaces: [membership(curtail_tokens::Plan::Free), membership(curtail_tokens::Plan::Pro)].into(),
            scopes: [].into(),
            platform_admin: false,
        };
        let pro = plans.pro.requests_per_minute;
        let key = |per_minute| Allowance { policy: "api-key", key: "gateway:rate:key:9".into(), per_minute };
        assert_eq!(Allowance::new(&principal(Some(9)), 5, &plans), key(5));
        assert_eq!(Allowance::new(&principal(Some(9)), 0, &plans), key(pro));
        let user = Allowance { policy: "user", key: "gateway:rate:user:7".into(), per_minute: pro };
        assert_eq!(Allowance::new(&principal(None), 0, &plans), user);
    }

    #[test]
    fn the_headers_are_structured_fields() {
        let mut headers = HeaderMap::new();
        QuotaStatus { policy: "user", quota: 120, remaining: 119, reset: 1 }.write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"user\";q=120;w=60");
        assert_eq!(headers["ratelimit"], "\"user\";r=119;t=1");
    }

    async fn limiter(open: bool) -> SharedLimiter {
        let redis = curtail_testkit::redis().await;
        SharedLimiter::new(curtail_streams::connect(&redis).await.unwrap(), open)
    }

    #[tokio::test]
    async fn a_bucket_empties_refuses_and_tells_when() {
        let limiter = limiter(true).await;
        curtail_testkit::until(
            || async { limiter.decide(&Allowance::anonymous("192.0.2.9".parse().unwrap(), 9), 0).await.is_some() },
            Duration::from_secs(10),
            "redis is there",
        )
        .await;
        let allowance = Allowance::anonymous("192.0.2.1".parse().unwrap(), 4);
        let Outcome::Pass(Some(standing)) = limiter.take(&allowance, 3).await else { panic!("must pass") };
        assert_eq!((standing.quota, standing.remaining, standing.reset), (4, 1, 45));
        let Outcome::Refuse(refusal, Some(_)) = limiter.take(&allowance, 2).await else { panic!("must refuse") };
        let wait = refusal.retry_after.unwrap();
        assert!(refusal.code == Code::RateLimited && wait > Duration::from_secs(13) && wait <= Duration::from_secs(15));
        let larger_than_the_bucket = Allowance::anonymous("192.0.2.2".parse().unwrap(), 4);
        assert!(matches!(limiter.take(&larger_than_the_bucket, 50).await, Outcome::Pass(Some(_))));
    }

    #[tokio::test]
    async fn g5_two_gateways_give_away_what_a_bucket_holds_and_no_more() {
        const CAPACITY: u64 = 120;
        let redis = curtail_testkit::redis().await;
        let limiter = async || SharedLimiter::new(curtail_streams::connect(&redis).await.unwrap(), false);
        let gateways = [limiter().await, limiter().await];
        let probe = Allowance::anonymous("192.0.2.9".parse().unwrap(), 9);
        let there =
            async || gateways[0].decide(&probe, 0).await.is_some() && gateways[1].decide(&probe, 0).await.is_some();
        curtail_testkit::until(there, Duration::from_secs(10), "redis is there").await;
        for seed in 0..10 {
            let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
            let units: Vec<u64> = (0..80).map(|_| rng.random_range(1..=9)).collect();
            let allowance = Allowance::anonymous(IpAddr::from([192, 0, 3, seed as u8]), CAPACITY as u32);
            let start = Instant::now();
            let asked = units.iter().enumerate().map(|(n, units)| gateways[n % 2].take(&allowance, *units));
            let outcomes = futures_util::future::join_all(asked).await;
            let refilled = start.elapsed().as_millis() as u64 * CAPACITY / 60_000;
            let (mut taken, mut unheard) = (0, 0);
            for (outcome, units) in outcomes.iter().zip(&units) {
                match outcome {
                    Outcome::Pass(_) => taken += units,
                    // Redis was not heard in time: it may have given them away.
                    Outcome::Refuse(_, None) => unheard += units,
                    Outcome::Refuse(..) => {}
                }
            }
            assert!(taken <= CAPACITY + refilled, "{taken} of {CAPACITY}, and {refilled} came back");
            // What is left is less than somebody asked for.
            assert!(taken + unheard + 9 > CAPACITY, "{taken} of {CAPACITY}");
        }
    }

    #[tokio::test]
    async fn without_redis_it_is_open_or_closed_as_configured_and_quick() {
        for open in [true, false] {
            let mut nowhere = curtail_testkit::redis().await;
            nowhere.url = curtail_config::Secret::new(format!("redis://127.0.0.1:{}", curtail_testkit::free_port()));
            let limiter = SharedLimiter::new(curtail_streams::connect(&nowhere).await.unwrap(), open);
            let allowance = Allowance::anonymous("192.0.2.1".parse().unwrap(), 4);
            let start = Instant::now();
            for _ in 0..5 {
                assert_eq!(matches!(limiter.take(&allowance, 1).await, Outcome::Pass(None)), open);
            }
            assert!(start.elapsed() < TIMEOUT * 2, "asked at most once");
        }
    }
}
