//! Which hosts a server answers for.
//!
//! A request for another host is refused, so that nothing downstream can be made to repeat the name that an attacker wrote into
//! `Host`.

use std::collections::HashSet;

use http::{HeaderMap, Uri, header};
use url::{Host, Url};

/// Our host names, without ports.
#[derive(Debug, Clone)]
pub struct AllowedHosts(HashSet<String>);

impl AllowedHosts {
    /// The host of `app_url` and the additional ones. Where the app is on localhost, all names of this machine are ours.
    pub fn new<'a>(app_url: &str, additional: impl IntoIterator<Item = &'a String>) -> Self {
        let app = Url::parse(app_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let mut hosts: HashSet<String> =
            additional.into_iter().map(|host| host.to_ascii_lowercase()).chain(app).collect();
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        if loopback.iter().any(|host| hosts.contains(*host)) {
            hosts.extend(loopback.map(str::to_owned));
        }
        Self(hosts)
    }

    /// Whether the request is for one of them. The host of an absolute URI (and HTTP/2's `:authority`) counts before the
    /// header; when both are there, both must be ours.
    pub fn match_request(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(header::HOST).iter();
        let header = match (named.next(), named.next()) {
            (Some(value), None) => Some(value.to_str().unwrap_or_default()),
            (Some(_), Some(_)) => return false,
            (None, _) => None,
        };
        let asked: Vec<&str> = uri.authority().map(|authority| authority.as_str()).into_iter().chain(header).collect();
        !asked.is_empty() && asked.iter().all(|authority| self.is_ours(authority))
    }

    fn is_ours(&self, authority: &str) -> bool {
        if authority.contains(['@', '/', '?', '#', '\\']) {
            return false;
        }
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => host,
            _ => authority,
        };
        let host = host.strip_suffix('.').unwrap_or(host);
        Host::parse(host).is_ok_and(|host| self.0.contains(&host.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s28_only_our_hosts_are_answered() {
        let hosts = AllowedHosts::new("https://app.example", &["gateway.internal".to_owned()]);
        for (uri, host, expected) in [
            ("/graphql", Some("app.example"), true),
            ("/graphql", Some("APP.example:8443"), true),
            ("/graphql", Some("app.example."), true),
            ("/graphql", Some("gateway.internal"), true),
            ("/graphql", Some("evil.example"), false),
            ("/graphql", Some("app.example.evil"), false),
            ("/graphql", Some("evil@app.example"), false),
            ("/graphql", Some("app.example/evil"), false),
            ("/graphql", Some("app.example:80:80"), false),
            ("/graphql", Some("localhost"), false),
            ("/graphql", Some(""), false),
            ("/graphql", None, false),
            ("https://app.example/graphql", None, true),
            ("https://evil.example/graphql", Some("app.example"), false),
            ("https://app.example/graphql", Some("evil.example"), false),
        ] {
            let headers = host.map(|host| (header::HOST, host.parse().unwrap())).into_iter().collect();
            assert_eq!(hosts.match_request(&uri.parse().unwrap(), &headers), expected, "{uri} {host:?}");
        }
        let twice = [(header::HOST, "app.example"), (header::HOST, "evil.example")];
        let twice = twice.map(|(name, value)| (name, value.parse().unwrap())).into_iter().collect();
        assert!(!hosts.match_request(&Uri::from_static("/"), &twice));
    }

    #[test]
    fn s28_on_localhost_the_names_of_this_machine_are_ours() {
        let hosts = AllowedHosts::new("http://localhost:8080", &[]);
        for (host, expected) in
            [("localhost:1234", true), ("127.0.0.1:80", true), ("[::1]:80", true), ("10.0.0.1", false)]
        {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(hosts.match_request(&Uri::from_static("/"), &headers), expected, "{host}");
        }
    }
}
