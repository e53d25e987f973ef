//! Which short domain a request is for.

use std::collections::HashMap;
use std::net::Ipv6Addr;

use http::{HeaderMap, Uri, header};

use crate::cache::DomainId;

/// The names this redirector answers for.
#[derive(Debug)]
pub struct Hosts {
    names: HashMap<Box<str>, DomainId>,
    domains: Vec<String>,
}

/// Why a request is for no domain of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// No Host, several, or one that cannot be read: 400 (RFC 9112, 3.2).
    Malformed,
    /// Not ours, or not the one in the target: 421.
    Misdirected,
}

impl Hosts {
    /// From the configuration: aliases find the codes of the default domain.
    pub fn new(settings: &curtail_config::Domains) -> Self {
        let mut domains = vec![settings.default.to_ascii_lowercase()];
        domains.extend(settings.additional.iter().map(|name| name.to_ascii_lowercase()));
        let mut names = HashMap::new();
        for alias in &settings.aliases {
            names.insert(alias.to_ascii_lowercase().into_boxed_str(), DomainId(0));
        }
        for (at, name) in domains.iter().enumerate() {
            names.insert(name.as_str().into(), DomainId(at as u16));
        }
        Self { names, domains }
    }

    /// The domains in the order that [`DomainId`] counts.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }

    /// The domain of a request by its Host, on any port. A target in absolute form must name the same host.
    pub fn domain(&self, uri: &Uri, headers: &HeaderMap) -> Result<DomainId, HostError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(HostError::Malformed) };
        let host = host.to_str().ok().and_then(name).ok_or(HostError::Malformed)?;
        if let Some(authority) = uri.authority() {
            let same = name(authority.as_str()).is_some_and(|target| target.eq_ignore_ascii_case(host));
            if !same {
                return Err(HostError::Misdirected);
            }
        }
        self.find(host).ok_or(HostError::Misdirected)
    }

    fn find(&self, host: &str) -> Option<DomainId> {
        if host.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.names.get(host.to_ascii_lowercase().as_str()).copied();
        }
        self.names.get(host).copied()
    }
}

/// The name in a `Host`, without port and without the dot of the root: `"[::1]"` of `"[::1]:8081"`. `None` if it is malformed.
fn name(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let port_is_fine = match port.strip_prefix(':') {
        Some(digits) => digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()),
        None => port.is_empty(),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    (port_is_fine && (is_name(name) || is_address(name))).then_some(name)
}

/// Letters, digits and what else a name of DNS may have; no user, no path, no list.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// An IPv6 address in brackets.
fn is_address(name: &str) -> bool {
    name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn hosts() -> Hosts {
        let mut settings = curtail_config::Config::for_tests().domains;
        settings.default = "go.example".to_owned();
        settings.aliases = vec!["127.0.0.1".to_owned(), "[::1]".to_owned()];
        settings.additional = vec!["Other.Example".to_owned()];
        Hosts::new(&settings)
    }

    fn domain(target: &str, host: &[&str]) -> Result<u16, HostError> {
        let mut headers = HeaderMap::new();
        for host in host {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        hosts().domain(&target.parse().unwrap(), &headers).map(|id| id.0)
    }

    #[test]
    fn any_port_and_any_case_of_our_names() {
        for host in [
            "go.example",
            "GO.example:80",
            "go.example:",
            "go.example.",
            "go.example.:80",
            "127.0.0.1:8081",
            "[::1]",
            "[::1]:8081",
        ] {
            assert_eq!(domain("/a", &[host]), Ok(0), "{host}");
        }
        assert_eq!(domain("/a", &["other.example:1"]), Ok(1));
    }

    #[test]
    fn s28_foreign_hosts_are_misdirected() {
        for host in ["evil.example", "go.example.evil.example", "evilgo.example", "[::2]"] {
            assert_eq!(domain("/a", &[host]), Err(HostError::Misdirected), "{host}");
        }
        for host in [
            "",
            ".",
            ":80",
            "go.example:80x",
            "go.example:123456",
            "[::1",
            "[::1]x",
            "[go.example]",
            "user@go.example",
            "go.example/evil",
            "go.example, go.example",
            "go.example go.example",
            "go.example\\evil",
        ] {
            assert_eq!(domain("/a", &[host]), Err(HostError::Malformed), "{host}");
        }
        assert_eq!(domain("/a", &[]), Err(HostError::Malformed));
        assert_eq!(domain("/a", &["go.example", "go.example"]), Err(HostError::Malformed));
    }

    #[test]
    fn s28_an_absolute_target_must_name_the_same_host() {
        assert_eq!(domain("http://go.example/a", &["go.example:80"]), Ok(0));
        assert_eq!(domain("http://evil.example/a", &["go.example"]), Err(HostError::Misdirected));
        assert_eq!(domain("http://other.example/a", &["go.example"]), Err(HostError::Misdirected));
    }
}
