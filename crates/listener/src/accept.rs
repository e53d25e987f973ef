//! Accepting connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::limiter::{ConnectionLimiter, Permit};

/// The pause after a failed accept, which mostly means that no file is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A listener whose connections have a place.
pub struct Acceptor {
    listener: TcpListener,
    limiter: Arc<ConnectionLimiter>,
}

impl Acceptor {
    /// Accepts from `listener` what `limiter` admits.
    pub fn new(listener: TcpListener, limiter: Arc<ConnectionLimiter>) -> Self {
        Self { listener, limiter }
    }

    /// Waits for a connection that is admitted. Cancel safe.
    pub async fn accept(&self) -> (TcpStream, Permit) {
        loop {
            match self.listener.accept().await {
                Ok((socket, peer)) => {
                    if let Some(permit) = self.limiter.admit(peer.ip()) {
                        return (socket, permit);
                    }
                }
                Err(error) => self.recover(&error).await,
            }
        }
    }

    /// A connection that is in the queue of the system. Those would see a reset if the listener were closed.
    pub fn accept_queued(&self) -> Option<(TcpStream, Permit)> {
        let (socket, peer) = self.listener.accept().now_or_never()?.ok()?;
        Some((socket, self.limiter.admit(peer.ip())?))
    }

    async fn recover(&self, error: &io::Error) {
        // The client may have gone already.
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return;
        }
        tracing::warn!(%error, "a connection cannot be accepted");
        self.limiter.make_room();
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
