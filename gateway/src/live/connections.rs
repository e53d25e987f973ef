//! Caps on connections that stay open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtail_edge::ClientNetwork;
use tokio::sync::watch;

use crate::auth::Principal;
use crate::error::{Code, Refusal};

/// Who a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A signed-in user, whatever the credential.
    User(i64),
    /// An anonymous client.
    Network(ClientNetwork),
}

impl Owner {
    /// The caller, or else the network of the address.
    pub fn new(principal: Option<&Principal>, address: IpAddr) -> Self {
        principal.map_or_else(|| Self::Network(address.into()), |principal| Self::User(principal.user_id))
    }
}

/// Caps on open connections, in all and for each owner. Clones share them.
#[derive(Debug, Clone)]
pub struct ConnectionLimiter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max_total: usize,
    max_per_owner: usize,
    open: watch::Sender<usize>,
    owners: Mutex<HashMap<Owner, usize>>,
}

/// An open connection.
#[derive(Debug)]
pub struct ConnectionPermit {
    shared: Arc<Shared>,
    owner: Option<Owner>,
}

impl ConnectionLimiter {
    /// Allows `max_total` connections in all, and `max_per_owner` of each owner.
    pub fn new(max_total: usize, max_per_owner: usize) -> Self {
        Self(Arc::new(Shared { max_total, max_per_owner, open: watch::Sender::new(0), owners: Mutex::default() }))
    }

    /// Admits a connection whose owner is not known yet.
    ///
    /// - `gateway_connections_open`: connections that stay open
    ///
    /// # Errors
    /// `OVERLOADED` when there are as many as allowed.
    pub fn acquire(&self) -> Result<ConnectionPermit, Refusal> {
        let max_total = self.0.max_total;
        let taken = self.0.open.send_if_modified(|open| {
            let free = *open < max_total;
            *open += usize::from(free);
            free
        });
        if !taken {
            return Err(Refusal::new(Code::Overloaded, "too many connections stay open").limit(max_total));
        }
        metrics::gauge!("gateway_connections_open").increment(1.0);
        Ok(ConnectionPermit { shared: self.0.clone(), owner: None })
    }

    /// Waits until no connection is open.
    pub async fn wait_until_empty(&self) {
        // The sender is ours.
        let _ = self.0.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Shared {
    fn owners(&self) -> MutexGuard<'_, HashMap<Owner, usize>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionPermit {
    /// Counts the connection as one of `owner`; to be called once.
    ///
    /// # Errors
    /// `TOO_MANY_CONNECTIONS` when the owner has as many as allowed.
    pub fn assign_owner(&mut self, owner: Owner) -> Result<(), Refusal> {
        let mut owners = self.shared.owners();
        let count = owners.entry(owner).or_default();
        if *count >= self.shared.max_per_owner {
            let refusal = Refusal::new(Code::Connections, "too many connections of one user stay open");
            return Err(refusal.limit(self.shared.max_per_owner));
        }
        *count += 1;
        self.owner = Some(owner);
        Ok(())
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(owner) = self.owner {
            let mut owners = self.shared.owners();
            if let Some(count) = owners.get_mut(&owner) {
                *count -= 1;
                if *count == 0 {
                    owners.remove(&owner);
                }
            }
        }
        metrics::gauge!("gateway_connections_open").decrement(1.0);
        self.shared.open.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_bounded_in_all_and_for_each_owner() {
        let limiter = ConnectionLimiter::new(3, 2);
        let (ann, bob) = (Owner::User(1), Owner::User(2));
        let mut taken: Vec<_> = (0..3).map(|_| limiter.acquire().unwrap()).collect();
        assert_eq!(limiter.acquire().unwrap_err().code, Code::Overloaded);
        taken[0].assign_owner(ann).unwrap();
        taken[1].assign_owner(ann).unwrap();
        assert_eq!(taken[2].assign_owner(ann).unwrap_err().code, Code::Connections);
        taken[2].assign_owner(bob).unwrap();
        taken.remove(0);
        limiter.acquire().unwrap().assign_owner(ann).unwrap();
        drop(taken);
        limiter.wait_until_empty().await;
        assert!(limiter.0.owners().is_empty());
    }

    #[test]
    fn an_anonymous_ipv6_client_is_its_network() {
        let owner = |text: &str| Owner::new(None, text.parse().unwrap());
        assert_eq!(owner("2001:db8::1"), owner("2001:db8::2"));
        assert_ne!(owner("192.0.2.1"), owner("192.0.2.2"));
    }
}
