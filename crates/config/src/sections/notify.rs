//! Section `notify`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// notify-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Secret: 32 bytes in hexadecimal. Signs unsubscribe addresses of mails and seals the secrets of webhooks.
    pub master_key: Secret,
}

impl Notify {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "notify", self.listen, self.admin_listen);
        forms::key32(errors, "notify.master_key", &self.master_key);
    }
}
