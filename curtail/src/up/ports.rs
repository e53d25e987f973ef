//! Ports that are free.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
};

use super::workdir::WorkDir;

/// Chooses a port for each listener: the standard one if it is free, else the one of the last run, else another. What was chosen
/// is remembered, so that addresses change as rarely as possible.
pub(crate) struct Ports {
    remembered: BTreeMap<String, u16>,
    taken: BTreeSet<u16>,
}

impl Ports {
    /// With what the last run chose.
    pub(crate) fn load(work: &WorkDir) -> Self {
        // A file that is missing or damaged only costs the memory of the last choice.
        let text = fs::read_to_string(work.path("run/ports.json")).unwrap_or_default();
        Self { remembered: serde_json::from_str(&text).unwrap_or_default(), taken: BTreeSet::new() }
    }

    /// An address for the listener `name`, near `wanted`.
    ///
    /// # Errors
    /// When no port is free at all.
    pub(crate) fn choose(&mut self, name: &str, wanted: SocketAddr) -> anyhow::Result<SocketAddr> {
        let remembered = self.remembered.get(name).copied();
        let candidates = [wanted.port()].into_iter().chain(remembered).chain(alternatives(wanted.port()));
        for port in candidates.filter(|port| *port != 0) {
            let address = SocketAddr::new(wanted.ip(), port);
            if !self.taken.contains(&port) && TcpListener::bind(address).is_ok() {
                self.taken.insert(port);
                self.remembered.insert(name.to_owned(), port);
                return Ok(address);
            }
        }
        anyhow::bail!("no port is free on {}", wanted.ip())
    }

    /// Like [`Ports::choose`] for a server on loopback.
    pub(crate) fn choose_local(&mut self, name: &str, port: u16) -> anyhow::Result<u16> {
        Ok(self.choose(name, SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))?.port())
    }

    /// Remembers the choices for the next run.
    pub(crate) fn save(&self, work: &WorkDir) -> anyhow::Result<()> {
        work.write_private("run/ports.json", &serde_json::to_string(&self.remembered)?).map(|_| ())
    }
}

/// Ports that are easy to remember first (8080, 18080, 28080), then any. All of them lie below the range from which Linux takes
/// the ports of outgoing connections: a client that keeps trying to reach a stopped server from there can end up
/// connected to itself and hold the port.
fn alternatives(port: u16) -> impl Iterator<Item = u16> {
    let near =
        [10_000, 20_000].into_iter().filter_map(move |step| port.checked_add(step)).filter(|port| *port < 32_768);
    near.chain(10_000..32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced_and_the_replacement_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let work = WorkDir::open(dir.path()).unwrap();
        let busy = TcpListener::bind("127.0.0.1:0").unwrap();
        let wanted = busy.local_addr().unwrap();

        let mut ports = Ports::load(&work);
        let chosen = ports.choose("gateway", wanted).unwrap();
        assert_ne!(chosen, wanted);
        assert_ne!(ports.choose("other", wanted).unwrap(), chosen, "one port is not given to two listeners");
        ports.save(&work).unwrap();

        assert_eq!(Ports::load(&work).choose("gateway", wanted).unwrap(), chosen);
        drop(busy);
        assert_eq!(Ports::load(&work).choose("gateway", wanted).unwrap(), wanted);
    }

    #[test]
    fn alternatives_resemble_the_standard_port() {
        assert_eq!(alternatives(8080).take(3).collect::<Vec<_>>(), [18_080, 28_080, 10_000]);
        assert_eq!(alternatives(60_000).next(), Some(10_000));
    }
}
