//! Where a request came from.

use std::net::IpAddr;

use curtail_proto::auth::v1::Client;

use crate::Error;

/// How much of a user agent is kept, in characters.
pub(crate) const MAX_USER_AGENT_CHARS: usize = 256;

/// What the gateway saw of a client. The address is used for limits and stored only as a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientInfo {
    /// The whole address; never stored, never logged.
    pub(crate) ip: IpAddr,
    /// At most 256 characters, without control characters.
    pub(crate) user_agent: String,
    /// The device cookie, not checked yet.
    pub(crate) device: String,
}

impl ClientInfo {
    /// Reads the client of a request that needs one: sign-ups and logins are limited by address.
    pub(crate) fn required(client: Option<Client>) -> Result<Self, Error> {
        let client = client.ok_or(Error::CLIENT_INVALID)?;
        let ip = client.ip.parse::<IpAddr>().map_err(|_| Error::CLIENT_INVALID)?.to_canonical();
        Ok(Self { ip, user_agent: shown_user_agent(&client.user_agent), device: client.device })
    }

    /// Reads the client of a request that can do without.
    pub(crate) fn optional(client: Option<Client>) -> Option<Self> {
        Self::required(client).ok()
    }

    /// The network that is stored and shown: /24 or /48.
    pub(crate) fn ip_prefix(&self) -> String {
        curtail_edge::ip_prefix(self.ip)
    }
}

fn shown_user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ip: &str, user_agent: &str) -> Option<Client> {
        Some(Client { ip: ip.into(), user_agent: user_agent.into(), device: String::new() })
    }

    #[test]
    fn mapped_addresses_are_what_they_map() {
        assert_eq!(ClientInfo::required(client("::ffff:192.0.2.7", "")).unwrap().ip.to_string(), "192.0.2.7");
        assert!(ClientInfo::required(client("192.0.2.7:80", "")).is_err());
        assert!(ClientInfo::required(None).is_err());
        assert!(ClientInfo::optional(None).is_none());
    }

    #[test]
    fn user_agents_are_cut_and_cleaned() {
        let read = |text: &str| ClientInfo::required(client("::1", text)).unwrap().user_agent;
        assert_eq!(read("a\r\nb"), "ab");
        assert_eq!(read(&"ü".repeat(256)).chars().count(), 256);
        assert_eq!(read(&"ü".repeat(257)).chars().count(), 256);
    }
}
