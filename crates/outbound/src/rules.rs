//! Which URLs and addresses may be contacted.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use crate::networks::is_public;

/// The longest URL, as entered and as serialised, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// Below this number live services that are not HTTP, and that take a request for something else.
const FIRST_FREE_PORT: u16 = 1_024;

/// Why a URL is refused. The text is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing was entered.
    #[error("a URL is needed")]
    Missing,
    /// Longer than [`MAX_URL_BYTES`].
    #[error("the URL is longer than 2,048 bytes")]
    TooLong,
    /// It holds a control character, a tab or a line break, which parsers drop silently.
    #[error("the URL holds a control character")]
    ControlCharacter,
    /// The WHATWG parser gives up on it.
    #[error("this is not an absolute URL")]
    Malformed,
    /// Not https, and http is not allowed.
    #[error("the URL must begin with https://")]
    Scheme,
    /// It holds a user name or password.
    #[error("the URL must not hold a user name or password")]
    Credentials,
    /// It holds a fragment, which no server ever sees.
    #[error("the URL must not hold a fragment")]
    Fragment,
    /// A port below 1024 that is not that of the scheme.
    #[error("the port must be that of the scheme or at least 1024")]
    Port,
    /// Its host is an address that may not be contacted, or a name for this machine.
    #[error("the URL leads into a private network")]
    Address,
}

impl Refusal {
    /// The reason on the wire.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "URL_REQUIRED",
            Self::TooLong => "URL_TOO_LONG",
            Self::ControlCharacter => "URL_CONTROL_CHARACTER",
            Self::Malformed => "URL_MALFORMED",
            Self::Scheme => "URL_SCHEME",
            Self::Credentials => "URL_CREDENTIALS",
            Self::Fragment => "URL_FRAGMENT",
            Self::Port => "URL_PORT",
            Self::Address => "URL_PRIVATE_ADDRESS",
        }
    }
}

impl From<curtail_weburl::Refusal> for Refusal {
    fn from(refusal: curtail_weburl::Refusal) -> Self {
        match refusal {
            curtail_weburl::Refusal::Missing => Self::Missing,
            curtail_weburl::Refusal::TooLong => Self::TooLong,
            curtail_weburl::Refusal::ControlCharacter => Self::ControlCharacter,
            curtail_weburl::Refusal::Malformed => Self::Malformed,
            curtail_weburl::Refusal::Scheme => Self::Scheme,
            curtail_weburl::Refusal::Credentials => Self::Credentials,
        }
    }
}

/// What the operator allows beside https to the public internet.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    allowed: Vec<IpNet>,
    http: bool,
}

impl Rules {
    /// `allowed`: networks that may be contacted although they are not public; `http`: whether http will do.
    pub fn new(allowed: Vec<IpNet>, http: bool) -> Self {
        Self { allowed, http }
    }

    /// For addresses that the operator entered: every network may be contacted, over http too.
    pub fn of_operator() -> Self {
        let everywhere = [IpAddr::from([0; 4]), IpAddr::from([0; 16])];
        Self { allowed: everywhere.into_iter().filter_map(|all| IpNet::new(all, 0).ok()).collect(), http: true }
    }

    /// Whether a connection to this address may be made.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Reads and judges a URL. Names are not looked up: they may lead elsewhere tomorrow, so that is for the connection.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, input: &str) -> Result<Url, Refusal> {
        let schemes: &[&str] = if self.http { &["https", "http"] } else { &["https"] };
        let url = curtail_weburl::parse(input, MAX_URL_BYTES, schemes)?;
        if url.fragment().is_some() {
            return Err(Refusal::Fragment);
        }
        // The parser leaves out the port of the scheme.
        if url.port().is_some_and(|port| port < FIRST_FREE_PORT) {
            return Err(Refusal::Port);
        }
        let permitted = match url.host().ok_or(Refusal::Malformed)? {
            Host::Domain(name) => !is_local_name(name) || self.permits(IpAddr::from([127, 0, 0, 1])),
            Host::Ipv4(address) => self.permits(address.into()),
            Host::Ipv6(address) => self.permits(address.into()),
        };
        if permitted { Ok(url) } else { Err(Refusal::Address) }
    }
}

/// `localhost` and everything below it (RFC 6761).
fn is_local_name(name: &str) -> bool {
    name.trim_end_matches('.').rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(input: &str) -> Option<Refusal> {
        Rules::default().check(input).err()
    }

    #[test]
    fn s08_literal_addresses_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "0",
            "169.254.169.254",
            "10.0.0.8",
            "192.168.1.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fd00::1]",
            "[fe80::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "１２７.0.0.1",
            "127.0.0.1.",
        ] {
            assert_eq!(refusal(&format!("https://{host}/x")), Some(Refusal::Address), "{host}");
            assert_eq!(refusal(&format!("https://{host}:8443/x")), Some(Refusal::Address), "{host}");
        }
    }

    #[test]
    fn s08_only_plain_https_urls_are_taken() {
        for (input, expected) in [
            ("", Refusal::Missing),
            ("   ", Refusal::Missing),
            ("http://hooks.example/", Refusal::Scheme),
            ("ftp://hooks.example/", Refusal::Scheme),
            ("file:///etc/passwd", Refusal::Scheme),
            ("gopher://hooks.example:6379/_x", Refusal::Scheme),
            ("hooks.example", Refusal::Malformed),
            ("https://", Refusal::Malformed),
            ("https://user@hooks.example/", Refusal::Credentials),
            ("https://user:word@hooks.example/", Refusal::Credentials),
            ("https://@hooks.example/", Refusal::Credentials),
            ("https://hooks.example/#x", Refusal::Fragment),
            ("https://hooks.example:22/", Refusal::Port),
            ("https://hooks.example:80/", Refusal::Port),
            ("https://hooks.example:1023/", Refusal::Port),
            ("https://hooks.example/\r\nx", Refusal::ControlCharacter),
            ("https://hooks.ex\tample/", Refusal::ControlCharacter),
        ] {
            assert_eq!(refusal(input), Some(expected), "{input}");
        }
        for input in ["https://hooks.example", " https://hooks.example:443/a?b=c ", "https://hooks.example:1024/"] {
            assert_eq!(refusal(input), None, "{input}");
        }
    }

    #[test]
    fn what_the_operator_entered_leads_anywhere() {
        let rules = Rules::of_operator();
        for url in ["http://127.0.0.1:8080/", "http://[fd00::1]/", "https://10.0.0.1/", "https://sms.example/"] {
            assert_eq!(rules.check(url).err(), None, "{url}");
        }
    }

    #[test]
    fn the_length_is_bounded_at_its_edge() {
        let of = |bytes: usize| format!("https://hooks.example/{}", "a".repeat(bytes - 22));
        assert_eq!(refusal(&of(MAX_URL_BYTES)), None);
        assert_eq!(refusal(&of(MAX_URL_BYTES + 1)), Some(Refusal::TooLong));
        // Three bytes for each of these once it is serialised.
        assert_eq!(refusal(&format!("https://hooks.example/{}", "ä".repeat(1_000))), Some(Refusal::TooLong));
    }

    #[test]
    fn the_operator_may_allow_networks_and_http() {
        let rules = Rules::new(vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()], true);
        for (input, expected) in [
            ("http://10.1.2.3/", None),
            ("http://[::ffff:10.1.2.3]:8080/", None),
            ("https://[::1]/", None),
            ("http://10.2.0.1/", Some(Refusal::Address)),
            ("http://localhost/", Some(Refusal::Address)),
        ] {
            assert_eq!(rules.check(input).err(), expected, "{input}");
        }
    }
}
