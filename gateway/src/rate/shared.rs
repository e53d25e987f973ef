//! Token buckets in Redis, shared by all gateways.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fred::clients::Pool;
use fred::types::scripts::Script;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::counted;
use crate::error::{Code, Refusal};
use crate::request::Principal;

/// A bucket refills within this time.
const WINDOW: Duration = Duration::from_secs(60);
/// Redis answers within this time or counts as away.
const PATIENCE: Duration = Duration::from_millis(100);
/// While Redis is away it is asked this often; requests in between are not held up.
const RETRY: Duration = Duration::from_millis(250);
/// So much cost is one unit of a bucket.
const COST_OF_A_UNIT: u64 = 100;

/// Whose bucket, and how large it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Name of the policy in the headers.
    pub policy: &'static str,
    key: String,
    /// Units per minute.
    pub per_minute: u32,
}

impl Allowance {
    /// Of an API key with a limit of its own or its plan's, or of a user with the best plan among the workspaces.
    pub fn of(principal: &Principal, own_limit: u32, plans: &curtail_config::Plans) -> Self {
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
                Self { policy: "api-key", key: format!("rate:key:{id}"), per_minute }
            }
            None => Self { policy: "user", key: format!("rate:user:{}", principal.user_id), per_minute: of_plan },
        }
    }

    /// Of somebody unknown at an address. The key holds a hash: addresses of visitors are stored nowhere.
    pub fn anonymous(address: IpAddr, per_minute: u32) -> Self {
        let digest = Sha256::digest(counted(address).to_string());
        let hash = digest.iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        Self { policy: "anonymous", key: format!("rate:address:{hash}"), per_minute }
    }
}

/// What an operation takes out of the bucket: one unit for each started hundred of its cost, and no less than one for each
/// credential it tries.
pub fn units(cost: u64, credential_mutations: u64) -> u64 {
    cost.div_ceil(COST_OF_A_UNIT).max(credential_mutations).max(1)
}

/// The state of a bucket after a request, for the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    policy: &'static str,
    quota: u32,
    remaining: u64,
    reset: u64,
}

impl Standing {
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

/// What became of asking the bucket.
#[derive(Debug)]
pub enum Outcome {
    /// It may pass. Nothing is known of the bucket when Redis is away and the limiter stays open.
    Pass(Option<Standing>),
    /// It may not: the bucket is empty, or Redis is away and the limiter is closed.
    Refuse(Refusal, Option<Standing>),
}

/// Asks the buckets.
pub struct SharedLimiter {
    redis: Pool,
    script: Script,
    open_without_redis: bool,
    started: Instant,
    /// Milliseconds after `started` until which Redis is not asked.
    away_until: AtomicU64,
}

impl SharedLimiter {
    /// `open_without_redis`: what happens to requests while Redis is away.
    pub fn new(redis: Pool, open_without_redis: bool) -> Self {
        let script = Script::from_lua(include_str!("bucket.lua"));
        Self { redis, script, open_without_redis, started: Instant::now(), away_until: AtomicU64::new(0) }
    }

    /// Takes `units` out of the bucket. More than it holds are counted as all that it holds, so that nothing waits for ever.
    pub async fn take(&self, allowance: &Allowance, units: u64) -> Outcome {
        let units = units.min(u64::from(allowance.per_minute));
        match self.ask(allowance, units).await {
            Some((true, standing, _)) => {
                count("allowed");
                Outcome::Pass(Some(standing))
            }
            Some((false, standing, wait)) => {
                count("refused");
                let refusal = Refusal::new(Code::RateLimited, "too many requests, try again later");
                Outcome::Refuse(refusal.retry_after(wait), Some(standing))
            }
            None if self.open_without_redis => {
                count("open");
                Outcome::Pass(None)
            }
            None => {
                count("closed");
                let refusal = Refusal::new(Code::Unavailable, "requests can not be counted at the moment, try again");
                Outcome::Refuse(refusal.retry_after(Duration::from_secs(1)), None)
            }
        }
    }

    /// `None` when Redis is away.
    async fn ask(&self, allowance: &Allowance, units: u64) -> Option<(bool, Standing, Duration)> {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < self.away_until.load(Ordering::Relaxed) {
            return None;
        }
        let window = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX);
        let arguments = vec![u64::from(allowance.per_minute).to_string(), window.to_string(), units.to_string()];
        let asked = self.script.evalsha_with_reload::<Vec<i64>, _, _>(
            self.redis.next(),
            vec![allowance.key.as_str()],
            arguments,
        );
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        let [taken, remaining, wait, reset] = answer.as_slice() else {
            let until = now + u64::try_from(RETRY.as_millis()).unwrap_or(0);
            self.away_until.store(until, Ordering::Relaxed);
            return None;
        };
        let positive = |n: &i64| u64::try_from(*n).unwrap_or(0);
        let standing = Standing {
            policy: allowance.policy,
            quota: allowance.per_minute,
            remaining: positive(remaining),
            reset: positive(reset).div_ceil(1000),
        };
        Some((*taken == 1, standing, Duration::from_millis(positive(wait))))
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
            assert_eq!(units(cost, credentials), expected);
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
        let key = |per_minute| Allowance { policy: "api-key", key: "rate:key:9".into(), per_minute };
        assert_eq!(Allowance::of(&principal(Some(9)), 5, &plans), key(5));
        assert_eq!(Allowance::of(&principal(Some(9)), 0, &plans), key(pro));
        let user = Allowance { policy: "user", key: "rate:user:7".into(), per_minute: pro };
        assert_eq!(Allowance::of(&principal(None), 0, &plans), user);
    }

    #[test]
    fn the_headers_are_structured_fields() {
        let mut headers = HeaderMap::new();
        Standing { policy: "user", quota: 120, remaining: 119, reset: 1 }.write(&mut headers);
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
            || async { limiter.ask(&Allowance::anonymous("192.0.2.9".parse().unwrap(), 9), 0).await.is_some() },
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
        let there = async || gateways[0].ask(&probe, 0).await.is_some() && gateways[1].ask(&probe, 0).await.is_some();
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
            assert!(start.elapsed() < PATIENCE * 2, "asked at most once");
        }
    }
}
