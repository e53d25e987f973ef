//! From a host to the addresses that may be contacted.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::{Failure, Rules};

/// From a name to its addresses.
pub type Table = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who is asked for the addresses of a name.
#[derive(Clone, Default)]
pub enum Resolver {
    /// The machine's resolver.
    #[default]
    System,
    /// A table of the caller; tests let it change its mind.
    Given(Arc<Table>),
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Given(_) => "Given(..)",
        })
    }
}

impl Resolver {
    /// The addresses of `host` that `rules` permit, at least one. Literal addresses are judged like looked-up ones.
    ///
    /// # Errors
    /// `NotFound` when there is no address, `Forbidden` when none of them is permitted.
    pub(crate) async fn addresses(&self, host: &str, port: u16, rules: &Rules) -> Result<Vec<SocketAddr>, Failure> {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let found = match (literal, self) {
            (Ok(address), _) => vec![address],
            (Err(_), Self::Given(table)) => table(host),
            (Err(_), Self::System) => {
                let found = tokio::net::lookup_host((host, port)).await.map_err(|_| Failure::NotFound)?;
                found.map(|address| address.ip()).collect()
            }
        };
        if found.is_empty() {
            return Err(Failure::NotFound);
        }
        let permitted = found.into_iter().filter(|address| rules.permits(*address));
        let permitted: Vec<_> = permitted.map(|address| SocketAddr::new(address, port)).collect();
        if permitted.is_empty() { Err(Failure::Forbidden) } else { Ok(permitted) }
    }
}
