//! Section `auth`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// auth-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Secret: 32 bytes in hexadecimal. Seals signing keys and peppers API keys and refresh tokens.
    pub master_key: Secret,
    /// Life of access tokens.
    pub access_token_seconds: u64,
    /// Life of the tokens that the gateway shows to services.
    pub internal_token_seconds: u64,
    /// Life of a session without use.
    pub refresh_token_days: u64,
    /// Life of a session however much it is used.
    pub session_max_days: u64,
    /// argon2id: memory in KiB.
    pub argon2_memory_kib: u32,
    /// argon2id: passes.
    pub argon2_passes: u32,
    /// argon2id: lanes.
    pub argon2_lanes: u32,
    /// Password hashes at the same time.
    pub hash_concurrency: usize,
    /// How long a password waits for its turn before the answer is 503.
    pub hash_queue_ms: u64,
    /// The least zxcvbn score of a new password.
    pub min_password_score: u32,
    /// Failed logins of one address: how many at once.
    pub login_ip_burst: u32,
    /// Failed logins of one address: how many more per minute.
    pub login_ip_per_minute: u32,
    /// Failed logins of one account per hour, from all addresses together.
    pub login_account_per_hour: u32,
    /// New accounts per hour from an address (network prefix).
    pub registrations_ip_per_hour: u32,
    /// Whether a sign-up answers the same for a known and an unknown address and the rest goes by mail.
    pub private_signup: bool,
    /// Mails that somebody who is not signed in, or an invitation, causes to one address or from one address of a client:
    /// how many at once.
    pub mail_burst: u32,
    /// The same: how many more per hour.
    pub mail_per_hour: u32,
}

impl Auth {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "auth", self.listen, self.admin_listen);
        forms::key32(errors, "auth.master_key", &self.master_key);
        // RFC 9106: at least 8 KiB for each lane.
        if self.argon2_memory_kib < 8 * self.argon2_lanes {
            errors.add("auth.argon2_memory_kib", "is less than 8 KiB for each of auth.argon2_lanes");
        }
    }
}
