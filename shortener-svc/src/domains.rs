//! The short domains: which there are, and what the short URLs on them look like.

use std::collections::HashMap;

use anyhow::Context as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

/// What a path may hold as it is (RFC 3986 `pchar` and `/`); all else is percent-encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    // Between the segments of a code.
    .remove(b'/');

/// The configured short domains.
#[derive(Debug)]
pub struct Domains {
    default: String,
    /// What comes before the code, by domain.
    bases: HashMap<String, String>,
    /// Other names of the default domain.
    aliases: Vec<String>,
}

impl Domains {
    /// Reads the configuration. Further domains are shown with scheme and port of the default one's base URL.
    pub fn new(config: &curtail_config::Domains) -> anyhow::Result<Self> {
        let default = canonical(&config.default);
        let base = Url::parse(&config.default_base_url).context("domains.default_base_url")?;
        let mut bases = HashMap::from([(default.clone(), base.as_str().trim_end_matches('/').to_owned())]);
        for domain in &config.additional {
            let mut base = base.clone();
            base.set_host(Some(domain)).with_context(|| format!("domains.additional: {domain:?}"))?;
            let host = base.host_str().unwrap_or(domain).to_owned();
            bases.insert(host, base.as_str().trim_end_matches('/').to_owned());
        }
        let aliases = config.aliases.iter().map(|alias| canonical(alias)).collect();
        Ok(Self { default, bases, aliases })
    }

    /// The domain that `name` stands for, in any case and in Unicode or A-label form. Empty and other names are the default
    /// one. `None`: not one of ours.
    pub fn find(&self, name: &str) -> Option<&str> {
        let name = canonical(name);
        if name.is_empty() || self.aliases.contains(&name) {
            return Some(&self.default);
        }
        self.bases.get_key_value(&name).map(|(domain, _)| domain.as_str())
    }

    /// The whole short URL, percent-encoded.
    pub fn short_url(&self, domain: &str, code: &str) -> String {
        let code = utf8_percent_encode(code, ENCODED);
        match self.bases.get(domain) {
            Some(base) => format!("{base}/{code}"),
            // A domain that was taken out of the configuration; its links are still there to be managed.
            None => format!("https://{domain}/{code}"),
        }
    }
}

/// The one spelling of a host: lower case, A-labels, no dot at the end.
fn canonical(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    match Host::parse(name) {
        Ok(Host::Domain(domain)) => domain,
        _ => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        let mut config = curtail_config::Config::for_tests().domains;
        config.additional = vec!["go.example".to_owned(), "kürz.example".to_owned()];
        Domains::new(&config).unwrap()
    }

    #[test]
    fn names_find_their_domain() {
        let domains = domains();
        for (name, domain) in [
            ("", Some("localhost")),
            ("LOCALHOST", Some("localhost")),
            ("127.0.0.1", Some("localhost")),
            ("Go.Example", Some("go.example")),
            ("xn--krz-hoa.example", Some("xn--krz-hoa.example")),
            ("KÜRZ.example", Some("xn--krz-hoa.example")),
            ("ku\u{308}rz.example.", Some("xn--krz-hoa.example")),
            ("other.example", None),
            ("' or 1=1", None),
        ] {
            assert_eq!(domains.find(name), domain, "{name}");
        }
    }

    #[test]
    fn short_urls_are_percent_encoded() {
        let domains = domains();
        assert_eq!(domains.short_url("localhost", "aB3"), "http://localhost:8081/aB3");
        assert_eq!(domains.short_url("go.example", "été\"<"), "http://go.example:8081/%C3%A9t%C3%A9%22%3C");
        assert_eq!(domains.short_url("localhost", "sale/spring"), "http://localhost:8081/sale/spring");
        assert_eq!(domains.short_url("gone.example", "x"), "https://gone.example/x");
    }
}
