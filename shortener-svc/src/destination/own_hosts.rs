//! The hosts that are Curtail itself: a link to one of them could lead round in a circle.

use std::collections::HashSet;

use anyhow::Context as _;
use url::Url;

use super::host::Name;

/// Names and addresses of the short domains and of the application, on whatever port.
#[derive(Debug)]
pub(super) struct OwnHosts {
    names: HashSet<Name>,
    /// One of ours is a loopback name, so that each loopback name is one of ours.
    loopback: bool,
}

impl OwnHosts {
    pub(super) fn new(domains: &curtail_config::Domains) -> anyhow::Result<Self> {
        let short = std::iter::once(&domains.default).chain(&domains.additional).chain(&domains.aliases);
        let mut names = short
            .map(|entry| Name::parse(entry).with_context(|| format!("domains: {entry:?} is not a host")))
            .collect::<Result<HashSet<_>, _>>()?;
        for (key, value) in [("app_url", &domains.app_url), ("default_base_url", &domains.default_base_url)] {
            let url = Url::parse(value).with_context(|| format!("domains.{key}"))?;
            names.insert(Name::of(url.host().with_context(|| format!("domains.{key} has no host"))?));
        }
        let loopback = names.iter().any(Name::is_loopback);
        Ok(Self { names, loopback })
    }

    pub(super) fn contains(&self, name: &Name) -> bool {
        self.names.contains(name) || (self.loopback && name.is_loopback())
    }
}
