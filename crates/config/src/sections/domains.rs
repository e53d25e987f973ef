//! Section `domains`.

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// Short domains and our own addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domains {
    /// The host of short links without a port. The redirector answers for it on any port.
    pub default: String,
    /// What short URLs start with, for showing them.
    pub default_base_url: String,
    /// Further short domains, and other names of the default one (they find its codes).
    pub additional: Vec<String>,
    /// Further short domains, and other names of the default one (they find its codes).
    pub aliases: Vec<String>,
    /// Where the gateway is reached from browsers. Links to it (or to a short domain) are refused as destinations.
    pub app_url: String,
}

impl Domains {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::host(errors, "domains.default", &self.default);
        for host in &self.additional {
            forms::host(errors, "domains.additional", host);
        }
        for host in &self.aliases {
            forms::host(errors, "domains.aliases", host);
        }
        forms::origin(errors, "domains.default_base_url", &self.default_base_url);
        forms::origin(errors, "domains.app_url", &self.app_url);
        for host in &self.additional {
            if *host == self.default || self.aliases.contains(host) {
                errors.add("domains.additional", format!("{host:?} already stands for the default domain"));
            }
        }
    }
}
