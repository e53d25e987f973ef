//! Limits of logins and sign-ups (S13).
//!
//! | who tries | what is counted |
//! |---|---|
//! | a device that the account does not know | the address (tight), the account (loose), and a growing delay on the account |
//! | a device that the account knows | that device on that account, and nothing else |
//! | a new account | the network |
//! | whoever causes a mail (S33) | the mailbox, and the address of the client |
//!
//! So a stranger can slow down other strangers at an account, but never its owner on a device that has signed in before.
//! Only failures count: a try is taken before the password is looked at, so that parallel tries cannot slip through, and
//! given back when it was right. Counters live in Redis, shared by all replicas; when Redis is away, each process counts
//! for itself. Unknown accounts are counted like known ones.

mod bucket;
mod local;
mod shared;

use std::{net::IpAddr, time::Duration};

use curtail_clock::Clock;
use curtail_streams::topology::auth_limit_key;
use fred::clients::Pool;

use self::{
    bucket::{Bucket, Rule},
    local::Local,
    shared::{Shared, Verdict},
};
use crate::{
    Error,
    domain::{ClientInfo, DeviceToken, Email},
    secrets::Secrets,
};

/// How long failures at an account are remembered after the last one; so long its delay goes on.
pub const LOCKOUT_MEMORY: Duration = Duration::from_secs(3600);

/// Counts tries and says when there were too many.
#[derive(Debug)]
pub struct Limits {
    rules: Rules,
    secrets: Secrets,
    shared: Shared,
    local: Local,
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

/// A try that was taken. Unless it is given back it stays counted as a failure.
#[derive(Debug)]
#[must_use]
pub struct Taken {
    buckets: Vec<Bucket>,
    gate: Option<String>,
    /// Counted in Redis, which can take it back.
    shared: bool,
    /// Failures at the account by unknown devices, this one among them; 0 when they are not known.
    failures: u64,
}

impl Taken {
    /// Whether this failure is the one at which the delay has become the longest: the owner should know.
    pub fn is_lockout(&self) -> bool {
        self.failures == shared::FAILURES_TO_LONGEST_DELAY
    }
}

impl Limits {
    /// Takes the rates from the settings.
    pub fn new(settings: &curtail_config::Auth, secrets: Secrets, redis: Pool, clock: Clock) -> Self {
        let hour = Duration::from_secs(3600);
        let mail = |name| Rule::new(name, settings.mail_burst, settings.mail_per_hour, hour);
        let rules = Rules {
            address: Rule::new(
                "address",
                settings.login_ip_burst,
                settings.login_ip_per_minute,
                Duration::from_secs(60),
            ),
            account: Rule::new("account", 60, settings.login_account_per_hour, Duration::from_secs(3600)),
            device: Rule::new("device", 10, 10, Duration::from_secs(60)),
            registration: Rule::new(
                "registration",
                settings.registrations_ip_per_hour,
                settings.registrations_ip_per_hour,
                Duration::from_secs(3600),
            ),
            mailbox: mail("mailbox"),
            mail_client: mail("mail-client"),
            lockout_notice: Rule::new("lockout-notice", 1, 1, LOCKOUT_MEMORY),
        };
        let Rules { address, account, device, registration, mailbox, mail_client, lockout_notice } = &rules;
        let local = Local::new([address, account, device, registration, mailbox, mail_client, lockout_notice]);
        Self { shared: Shared::new(redis, clock), local, rules, secrets }
    }

    /// A login is about to look at a password.
    pub async fn login(
        &self,
        client: &ClientInfo,
        email: &Email,
        device: Option<(i64, DeviceToken)>,
    ) -> Result<Taken, Error> {
        let (buckets, gate) = match device {
            Some((user_id, device)) => {
                let name = [&user_id.to_be_bytes()[..], &device.nonce];
                (vec![self.bucket(&self.rules.device, &name)], None)
            }
            None => {
                let account = email.key();
                let buckets = vec![
                    self.bucket(&self.rules.address, &[&limited_network(client.ip)]),
                    self.bucket(&self.rules.account, &[account.as_bytes()]),
                ];
                (buckets, Some(auth_limit_key("gate", self.name("gate", &[account.as_bytes()]))))
            }
        };
        self.take(buckets, gate).await.map_err(|retry_after| Error::TooManyAttempts { retry_after })
    }

    /// A signed-in user is about to give the current password again.
    pub async fn confirmation(&self, user_id: i64) -> Result<Taken, Error> {
        let bucket = self.bucket(&self.rules.device, &[&user_id.to_be_bytes()]);
        self.take(vec![bucket], None).await.map_err(|retry_after| Error::TooManyAttempts { retry_after })
    }

    /// An account is about to be made.
    pub async fn registration(&self, client: &ClientInfo) -> Result<Taken, Error> {
        let bucket = self.bucket(&self.rules.registration, &[client.ip_prefix().as_bytes()]);
        self.take(vec![bucket], None).await.map_err(|retry_after| Error::TooManyRegistrations { retry_after })
    }

    /// A mail to this address is about to be caused, by a client if one is given. It counts whether or not it will be sent.
    pub async fn mail(&self, email: &Email, client: Option<&ClientInfo>) -> Result<(), Error> {
        let mut buckets = vec![self.bucket(&self.rules.mailbox, &[email.key().as_bytes()])];
        buckets.extend(client.map(|client| self.bucket(&self.rules.mail_client, &[&limited_network(client.ip)])));
        let taken = self.take(buckets, None).await;
        taken.map(drop).map_err(|retry_after| Error::TooManyMails { retry_after })
    }

    /// The owner of an account is about to be told of failures.
    pub async fn lockout_notice(&self, email: &Email) -> Result<(), Error> {
        let bucket = self.bucket(&self.rules.lockout_notice, &[email.key().as_bytes()]);
        let taken = self.take(vec![bucket], None).await;
        taken.map(drop).map_err(|retry_after| Error::TooManyMails { retry_after })
    }

    /// The try was right: it does not count, and the account's delay is forgotten.
    pub async fn succeeded(&self, taken: Taken) {
        self.give_back(taken, true).await;
    }

    /// The try came to nothing without a look at the password: it does not count.
    pub async fn undone(&self, taken: Taken) {
        self.give_back(taken, false).await;
    }

    /// Whether all replicas count together now.
    pub fn is_shared(&self) -> bool {
        self.shared.is_connected()
    }

    /// Forgets local counters that have filled up again; to be called now and then.
    pub fn sweep(&self) {
        self.local.sweep();
    }

    async fn take(&self, buckets: Vec<Bucket>, gate: Option<String>) -> Result<Taken, Duration> {
        match self.shared.take(&buckets, gate.as_deref()).await {
            Ok(Verdict::Taken { failures }) => Ok(Taken { buckets, gate, shared: true, failures }),
            Ok(Verdict::Wait(wait)) => Err(wait),
            Err(error) => {
                tracing::warn!(%error, "limits are counted in this process alone");
                metrics::counter!("auth_limits_local_total").increment(1);
                self.local.take(&buckets).map(|()| Taken { buckets, gate, shared: false, failures: 0 })
            }
        }
    }

    async fn give_back(&self, taken: Taken, forget_gate: bool) {
        if !taken.shared {
            return;
        }
        if let Err(error) = self.shared.give_back(&taken.buckets, taken.gate.as_deref(), forget_gate).await {
            tracing::warn!(%error, "a try that was no failure stays counted");
        }
    }

    fn bucket(&self, rule: &Rule, name: &[&[u8]]) -> Bucket {
        Bucket { rule: rule.clone(), key: auth_limit_key(rule.name, self.name(rule.name, name)) }
    }

    /// Names in Redis are keyed hashes: it holds neither addresses of people nor of mail.
    fn name(&self, kind: &str, name: &[&[u8]]) -> String {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        let parts = [&[kind.as_bytes()], name].concat();
        BASE64_URL_SAFE_NO_PAD.encode(&self.secrets.limits.tag(&parts)[..16])
    }
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer has at the least.
fn limited_network(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s13_one_ipv6_customer_is_one_address() {
        let network = |ip: &str| limited_network(ip.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
