//! What the services are told.

use std::{collections::BTreeMap, net::SocketAddr};

use curtail_config::{Config, Service, Variables};

use super::{ports::Ports, secrets, workdir::WorkDir};

/// The databases of places as `scripts/geo.sh` leaves them, the better first.
const GEO: [&str; 2] = ["geo/city", "geo/geo-whois-asn-country.mmdb"];

/// Settings for a platform on this machine. `configured` is what the operator set; only what he left at its default is
/// changed, except for ports that are taken.
pub(crate) fn choose(work: &WorkDir, configured: &Config, ports: &mut Ports) -> anyhow::Result<Variables> {
    let mut set = Settings { variables: Variables::new(), configured: overridden() };
    let mut rng = secrets::system_rng();
    for (variable, name) in [
        ("CURTAIL_RPC__SERVICE_KEY", "service_key"),
        ("CURTAIL_AUTH__MASTER_KEY", "master_key"),
        ("CURTAIL_REDIRECTOR__VISITOR_KEY", "visitor_key"),
        ("CURTAIL_NOTIFY__MASTER_KEY", "notify_key"),
    ] {
        let (path, _) = secrets::ensure(work, name, &mut rng)?;
        set.default(&format!("{variable}_FILE"), path.display());
    }

    let mut listen = BTreeMap::new();
    for service in Service::ALL {
        let (name, section) = (service.name(), service.name().to_ascii_uppercase());
        if let Some(wanted) = service.listen(configured) {
            let address = ports.choose(name, wanted)?;
            set.always(&format!("CURTAIL_{section}__LISTEN"), address);
            listen.insert(name, address);
        }
        let admin = ports.choose(&format!("{name}-admin"), service.admin_listen(configured))?;
        set.always(&format!("CURTAIL_{section}__ADMIN_LISTEN"), admin);
    }
    for (variable, service) in [
        ("AUTH", "auth"),
        ("LINKS", "shortener"),
        ("ANALYTICS", "analytics"),
        ("SEARCH", "search"),
        ("NOTIFY", "notify"),
    ] {
        set.always(&format!("CURTAIL_RPC__{variable}_URL"), format!("http://{}", reachable(listen[service])));
    }
    set.default("CURTAIL_DOMAINS__APP_URL", format!("http://localhost:{}", listen["gateway"].port()));
    set.default("CURTAIL_DOMAINS__DEFAULT_BASE_URL", format!("http://localhost:{}", listen["redirector"].port()));
    // On one machine there is no one to hide accounts from, and the first five minutes go without a mail.
    set.default("CURTAIL_AUTH__PRIVATE_SIGNUP", false);
    set.default("CURTAIL_GATEWAY__DEVELOPMENT", true);
    set.default("CURTAIL_GATEWAY__INSECURE_COOKIES", true);
    set.default("CURTAIL_REDIRECTOR__SPOOL_DIR", work.path("spool").display());
    set.default("CURTAIL_SEARCH__INDEX_DIR", work.path("search").display());
    set.default("CURTAIL_NOTIFY__MAILBOX_DIR", work.path("mailbox").display());
    if let Some(geo) = GEO.iter().map(|geo| work.path(geo)).find(|geo| geo.exists()) {
        set.default("CURTAIL_ANALYTICS__GEO_DATABASE", geo.display());
    }
    Ok(set.variables)
}

struct Settings {
    variables: Variables,
    configured: Vec<String>,
}

impl Settings {
    fn always(&mut self, name: &str, value: impl ToString) {
        self.variables.insert(name.to_owned(), value.to_string());
    }

    /// Unless the operator set it.
    fn default(&mut self, name: &str, value: impl ToString) {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        if !self.configured.iter().any(|set| set == plain) {
            self.always(name, value);
        }
    }
}

/// Names of the variables that the operator set, or that stand for keys of his file, without `_FILE`.
fn overridden() -> Vec<String> {
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<String> =
        variables.map(|name| name.strip_suffix("_FILE").map_or_else(|| name.clone(), str::to_owned)).collect();
    if let Some(path) = std::env::var_os("CURTAIL_CONFIG")
        && let Ok(text) = std::fs::read_to_string(path)
    {
        names.extend(curtail_config::variables_in(&text));
    }
    names
}

/// Whether the operator named a store himself: `DATABASE_URL` for `database`, `REDIS_URL` for `redis`.
pub(crate) fn names_store(section: &str) -> bool {
    let section = section.to_ascii_uppercase();
    let (short, long) = (format!("{section}_URL"), format!("CURTAIL_{section}__URL"));
    overridden().iter().any(|name| *name == short || *name == long)
}

/// An address to connect to for one to listen on: a wildcard is reached over loopback.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}
