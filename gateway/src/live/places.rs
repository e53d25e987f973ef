//! How many connections stay open at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtail_edge::ClientNetwork;
use tokio::sync::watch;

use crate::error::{Code, Refusal};
use crate::request::Principal;

/// Who a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A signed-in user, whatever the credential.
    User(i64),
    /// An anonymous client.
    Network(ClientNetwork),
}

impl Owner {
    /// The caller, or else the address.
    pub fn of(principal: Option<&Principal>, address: IpAddr) -> Self {
        principal.map_or_else(|| Self::Network(address.into()), |principal| Self::User(principal.user_id))
    }
}

/// The places. Clones share them.
#[derive(Debug, Clone)]
pub struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    of_one: usize,
    open: watch::Sender<usize>,
    owners: Mutex<HashMap<Owner, usize>>,
}

/// An open connection.
#[derive(Debug)]
pub struct Place {
    shared: Arc<Shared>,
    owner: Option<Owner>,
}

impl Places {
    /// `most` in all, `of_one` of each owner.
    pub fn new(most: usize, of_one: usize) -> Self {
        Self(Arc::new(Shared { most, of_one, open: watch::Sender::new(0), owners: Mutex::default() }))
    }

    /// A place for a connection whose owner is not known yet.
    ///
    /// - `gateway_connections_open`: connections that stay open
    ///
    /// # Errors
    /// `OVERLOADED` when all are taken.
    pub fn take(&self) -> Result<Place, Refusal> {
        let most = self.0.most;
        let taken = self.0.open.send_if_modified(|open| {
            let free = *open < most;
            *open += usize::from(free);
            free
        });
        if !taken {
            return Err(Refusal::new(Code::Overloaded, "too many connections stay open").limit(most));
        }
        metrics::gauge!("gateway_connections_open").increment(1.0);
        Ok(Place { shared: self.0.clone(), owner: None })
    }

    /// Waits until none is taken.
    pub async fn empty(&self) {
        // The sender is ours.
        let _ = self.0.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Shared {
    fn owners(&self) -> MutexGuard<'_, HashMap<Owner, usize>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Says whose connection it is; once.
    ///
    /// # Errors
    /// `TOO_MANY_CONNECTIONS` when the owner has as many as allowed.
    pub fn belongs_to(&mut self, owner: Owner) -> Result<(), Refusal> {
        let mut owners = self.shared.owners();
        let count = owners.entry(owner).or_default();
        if *count >= self.shared.of_one {
            let refusal = Refusal::new(Code::Connections, "too many connections of one user stay open");
            return Err(refusal.limit(self.shared.of_one));
        }
        *count += 1;
        self.owner = Some(owner);
        Ok(())
    }
}

impl Drop for Place {
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
    async fn places_are_bounded_in_all_and_for_each_owner() {
        let places = Places::new(3, 2);
        let (ann, bob) = (Owner::User(1), Owner::User(2));
        let mut taken: Vec<_> = (0..3).map(|_| places.take().unwrap()).collect();
        assert_eq!(places.take().unwrap_err().code, Code::Overloaded);
        taken[0].belongs_to(ann).unwrap();
        taken[1].belongs_to(ann).unwrap();
        assert_eq!(taken[2].belongs_to(ann).unwrap_err().code, Code::Connections);
        taken[2].belongs_to(bob).unwrap();
        taken.remove(0);
        places.take().unwrap().belongs_to(ann).unwrap();
        drop(taken);
        places.empty().await;
        assert!(places.0.owners().is_empty());
    }

    #[test]
    fn an_anonymous_ipv6_client_is_its_network() {
        let owner = |text: &str| Owner::of(None, text.parse().unwrap());
        assert_eq!(owner("2001:db8::1"), owner("2001:db8::2"));
        assert_ne!(owner("192.0.2.1"), owner("192.0.2.2"));
    }
}
