//! Section `webhooks`.

use ipnet::IpNet;
use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// Webhooks, which notify-svc sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Networks that may be contacted although they are not public.
    pub allowed_networks: Vec<IpNet>,
    /// Whether receivers may be on plain http.
    pub allow_http: bool,
    /// PEM file of further certificate authorities; empty: only those of Mozilla's list.
    pub ca_file: String,
    /// How long a receiver may take to answer.
    pub timeout_ms: u64,
    /// Tries of one process under way at once.
    pub concurrency: u32,
    /// Tries of one process under way at once to the same webhook.
    pub endpoint_concurrency: u32,
    /// After so many days without a success a webhook is disabled.
    pub disable_after_days: u32,
    /// How long the log keeps what is finished.
    pub log_days: u32,
}

impl Webhooks {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::ordered(
            errors,
            ("webhooks.endpoint_concurrency", self.endpoint_concurrency.into()),
            ("webhooks.concurrency", self.concurrency.into()),
        );
    }
}
