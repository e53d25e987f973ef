//! Limits of logins, sign-ups and mails (S13).
//!
//! | who attempts | what is counted |
//! |---|---|
//! | a device that the account does not know | the address (tight), the account (loose), and a growing delay on the account |
//! | a device that the account knows | only that device on that account |
//! | a new account | the network |
//! | a client that causes a mail (S33) | the mailbox, and the address of the client |
//!
//! So a stranger can slow down other strangers at an account, but never its owner on a device that has signed in before.
//! Only failures count: an attempt is reserved before the password is checked, so that parallel attempts cannot slip through, and
//! refunded when it was right. Counters live in Redis, shared by all replicas; when Redis is unavailable, each process counts for
//! itself and refunds nothing. Unknown accounts are counted like known ones.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use curtail_clock::Clock;
use curtail_edge::ClientNetwork;
use curtail_rate_limit::{Bucket, Gate, LocalLimiter, Quota, RedisLimiter};
use curtail_streams::topology::auth_limit_key;
use fred::clients::Pool;

use crate::domain::{ClientInfo, DeviceToken, Email};
use crate::secrets::Secrets;
use crate::{Error, metrics};

/// How long failures at an account are remembered after the last one, and so its delay.
pub(crate) const LOCKOUT_MEMORY: Duration = Duration::from_secs(3600);
/// After this many failures at an account by unknown devices the delay begins.
const FREE_ATTEMPTS: u32 = 10;
/// The first delay; it doubles with each failure.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Where the delay stops growing: long enough that guessing is pointless, short enough that an owner on a new device gets
/// through.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// 1, 2, 4, 8, 16 and then 30 seconds.
const FAILURES_TO_LONGEST_DELAY: u64 = FREE_ATTEMPTS as u64 + 6;
/// How long Redis may take before this process counts for itself.
const REDIS_TIMEOUT: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Counts attempts and refuses those that are too many.
#[derive(Debug)]
pub struct Limits {
    rules: Rules,
    secrets: Secrets,
    shared: RedisLimiter,
    local: HashMap<&'static str, LocalLimiter<String>>,
}

#[derive(Debug)]
struct Rules {
    address: Rule,
    account: Rule,
    device: Rule,
    registration: Rule,
    mailbox: Rule,
    mail_client: Rule,
    lockout_notice: Rule,
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    name: &'static str,
    quota: Quota,
}

impl Rule {
    /// `count` attempts come back in `period`. Settings are checked to be at least 1; a zero would count as 1.
    fn new(name: &'static str, burst: u32, count: u32, period: Duration) -> Self {
        let positive = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self { name, quota: Quota::new(positive(count), period).burst(positive(burst)) }
    }
}

/// A reserved attempt. Unless it is refunded it stays counted as a failure.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reservation {
    buckets: Vec<Bucket>,
    gate: Option<Gate>,
    /// Counted in Redis, which can refund it.
    shared: bool,
    /// Failures at the account by unknown devices, this one included; 0 when they are not counted.
    failures: u64,
}

impl Reservation {
    /// Whether this failure is the one at which the delay has become the longest: the owner is notified.
    pub(crate) fn is_lockout(&self) -> bool {
        self.failures == FAILURES_TO_LONGEST_DELAY
    }
}

impl Limits {
    pub(crate) fn new(settings: &curtail_config::Auth, secrets: Secrets, redis: Pool, clock: Clock) -> Self {
        let mail = |name| Rule::new(name, settings.mail_burst, settings.mail_per_hour, HOUR);
        let registrations = settings.registrations_ip_per_hour;
        let rules = Rules {
            address: Rule::new("address", settings.login_ip_burst, settings.login_ip_per_minute, MINUTE),
            account: Rule::new("account", 60, settings.login_account_per_hour, HOUR),
            device: Rule::new("device", 10, 10, MINUTE),
            registration: Rule::new("registration", registrations, registrations, HOUR),
            mailbox: mail("mailbox"),
            mail_client: mail("mail-client"),
            lockout_notice: Rule::new("lockout-notice", 1, 1, LOCKOUT_MEMORY),
        };
        let Rules { address, account, device, registration, mailbox, mail_client, lockout_notice } = &rules;
        let all = [address, account, device, registration, mailbox, mail_client, lockout_notice];
        let local = all.map(|rule| (rule.name, LocalLimiter::new(rule.quota))).into();
        Self { shared: RedisLimiter::new(redis, REDIS_TIMEOUT).clock(clock), local, rules, secrets }
    }

    /// Before a login checks a password.
    pub(crate) async fn login(
        &self,
        client: &ClientInfo,
        email: &Email,
        device: Option<(i64, DeviceToken)>,
    ) -> Result<Reservation, Error> {
        let (buckets, gate) = match device {
            Some((user_id, device)) => {
                let name = [&user_id.to_be_bytes()[..], &device.nonce];
                (vec![self.bucket(self.rules.device, &name)], None)
            }
            None => {
                let account = email.key();
                let buckets = vec![
                    self.bucket(self.rules.address, &[&ClientNetwork::from(client.ip).octets()]),
                    self.bucket(self.rules.account, &[account.as_bytes()]),
                ];
                (buckets, Some(self.gate(&account)))
            }
        };
        self.reserve(buckets, gate).await.map_err(|retry_after| Error::TooManyAttempts { retry_after })
    }

    /// Before a signed-in user confirms with the current password.
    pub(crate) async fn confirmation(&self, user_id: i64) -> Result<Reservation, Error> {
        let bucket = self.bucket(self.rules.device, &[&user_id.to_be_bytes()]);
        self.reserve(vec![bucket], None).await.map_err(|retry_after| Error::TooManyAttempts { retry_after })
    }

    /// Before an account is created.
    pub(crate) async fn registration(&self, client: &ClientInfo) -> Result<Reservation, Error> {
        let bucket = self.bucket(self.rules.registration, &[client.ip_prefix().as_bytes()]);
        self.reserve(vec![bucket], None).await.map_err(|retry_after| Error::TooManyRegistrations { retry_after })
    }

    /// Before a client, if one is given, causes a mail to this address. It counts whether or not the mail will be sent.
    pub(crate) async fn mail(&self, email: &Email, client: Option<&ClientInfo>) -> Result<(), Error> {
        let mut buckets = vec![self.bucket(self.rules.mailbox, &[email.key().as_bytes()])];
        buckets.extend(
            client.map(|client| self.bucket(self.rules.mail_client, &[&ClientNetwork::from(client.ip).octets()])),
        );
        let reserved = self.reserve(buckets, None).await;
        reserved.map(drop).map_err(|retry_after| Error::TooManyMails { retry_after })
    }

    /// Before the owner of an account is notified of failures.
    pub(crate) async fn lockout_notice(&self, email: &Email) -> Result<(), Error> {
        let bucket = self.bucket(self.rules.lockout_notice, &[email.key().as_bytes()]);
        let reserved = self.reserve(vec![bucket], None).await;
        reserved.map(drop).map_err(|retry_after| Error::TooManyMails { retry_after })
    }

    /// The password was right: the attempt does not count, and the account's delay is forgotten.
    pub(crate) async fn succeeded(&self, reservation: Reservation) {
        if reservation.shared {
            let reset = self.shared.reset(&reservation.buckets, reservation.gate.as_ref()).await;
            warn_unless_refunded(reset);
        }
    }

    /// The password was not checked: the attempt does not count.
    pub(crate) async fn refund(&self, reservation: Reservation) {
        if reservation.shared {
            let refunded = self.shared.put_back(&reservation.buckets, reservation.gate.as_ref()).await;
            warn_unless_refunded(refunded);
        }
    }

    /// Whether all replicas count together now.
    pub fn is_shared(&self) -> bool {
        self.shared.is_connected()
    }

    /// Forgets local counters that are full again; called periodically.
    pub(crate) fn sweep(&self) {
        self.local.values().for_each(LocalLimiter::retain_recent);
    }

    async fn reserve(&self, buckets: Vec<Bucket>, gate: Option<Gate>) -> Result<Reservation, Duration> {
        match self.shared.take(&buckets, gate.as_ref()).await {
            Ok(decision) => match decision.wait {
                Some(wait) => Err(wait),
                None => Ok(Reservation { buckets, gate, shared: true, failures: decision.attempts }),
            },
            Err(error) => {
                tracing::warn!(%error, "limits are counted in this process alone");
                metrics::record_local_limit();
                self.reserve_locally(&buckets)?;
                Ok(Reservation { buckets, gate, shared: false, failures: 0 })
            }
        }
    }

    fn reserve_locally(&self, buckets: &[Bucket]) -> Result<(), Duration> {
        // The name of the rule is the second part of the key.
        let limiter = |bucket: &Bucket| bucket.key.split(':').nth(1).and_then(|name| self.local.get(name));
        buckets.iter().try_for_each(|bucket| limiter(bucket).map_or(Ok(()), |limiter| limiter.check(&bucket.key)))
    }

    fn bucket(&self, rule: Rule, name: &[&[u8]]) -> Bucket {
        let key = auth_limit_key(rule.name, self.name(rule.name, name));
        Bucket { key, quota: rule.quota, tokens: 1 }
    }

    fn gate(&self, account: &str) -> Gate {
        Gate {
            key: auth_limit_key("gate", self.name("gate", &[account.as_bytes()])),
            free: FREE_ATTEMPTS,
            first_delay: FIRST_DELAY,
            longest_delay: LONGEST_DELAY,
            memory: LOCKOUT_MEMORY,
        }
    }

    /// Names in Redis are keyed hashes: it holds no addresses of clients or mailboxes.
    fn name(&self, kind: &str, name: &[&[u8]]) -> String {
        let parts = [&[kind.as_bytes()], name].concat();
        BASE64_URL_SAFE_NO_PAD.encode(&self.secrets.limits.tag(&parts)[..16])
    }
}

fn warn_unless_refunded(refunded: Result<(), fred::error::Error>) {
    if let Err(error) = refunded {
        tracing::warn!(%error, "an attempt that was no failure stays counted");
    }
}
