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
    /// Who mails come from, as "Name <address>".
    pub mail_from: String,
    /// Secret: the mail server, as smtps://user:password@host, smtp://user:password@host?tls=required or smtp://host. Empty:
    /// mails become files in mailbox_dir.
    pub smtp_url: Secret,
    /// Directory for mails when there is no mail server.
    pub mailbox_dir: String,
    /// Mails on their way at once.
    pub mail_in_flight: usize,
    /// How long the mail server may take for one mail.
    pub mail_timeout_ms: u64,
    /// A mail that could not be sent for so long is given up.
    pub give_up_hours: i64,
    /// How long it is remembered that a mail was sent, in days.
    pub keep_days: i64,
}

impl Notify {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "notify", self.listen, self.admin_listen);
        forms::key32(errors, "notify.master_key", &self.master_key);
        if !self.smtp_url.is_empty() {
            forms::store_url(errors, "notify.smtp_url", &self.smtp_url, &["smtp", "smtps"]);
        }
        if self.mailbox_dir.is_empty() {
            errors.add("notify.mailbox_dir", "must name a directory");
        }
    }
}
