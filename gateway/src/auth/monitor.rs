//! Checks the credential of a connection for as long as it is open.
//!
//! A request ends before its internal token does; a connection does not. Its credential is exchanged again before each internal
//! token ends, so that the services always see a fresh one, and is checked again whenever anything is revoked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_proto::auth::v1::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{Authenticated, Authenticator, Credential, Principal};
use crate::error::{Code, Refusal};

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after an exchange failed because auth-svc was unavailable.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Whether the credential still holds.
#[derive(Debug, Clone)]
pub enum CredentialStatus {
    /// It holds; the caller with the latest internal token.
    Valid(Principal),
    /// It has expired or was revoked.
    Ended(Refusal),
}

impl CredentialStatus {
    /// The caller, unless the credential has ended.
    pub fn principal(self) -> Option<Principal> {
        match self {
            Self::Valid(principal) => Some(principal),
            Self::Ended(_) => None,
        }
    }
}

/// Monitors one credential until the last clone is dropped.
#[derive(Clone)]
pub struct CredentialMonitor {
    status: watch::Receiver<CredentialStatus>,
    /// Names the credential without holding it.
    digest: [u8; 32],
    _task: Arc<Task>,
}

struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl CredentialMonitor {
    /// Starts with what is known of `credential`.
    pub fn start(
        authenticator: &Arc<Authenticator>,
        credential: Credential,
        client: Client,
        known: Authenticated,
    ) -> Self {
        let (sender, status) = watch::channel(CredentialStatus::Valid(known.principal.clone()));
        let digest = credential.digest();
        let task = tokio::spawn(monitor(authenticator.clone(), credential, client, known, sender));
        Self { status, digest, _task: Arc::new(Task(task.abort_handle())) }
    }

    /// Names the credential.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The latest status.
    pub fn status(&self) -> CredentialStatus {
        self.status.borrow().clone()
    }

    /// Waits for the next change of the status.
    pub async fn changed(&mut self) -> CredentialStatus {
        // The task only ends after it said that the credential did.
        if self.status.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.status.borrow_and_update().clone()
    }

    /// Waits for the end of the credential.
    pub async fn ended(&mut self) -> Refusal {
        loop {
            if let CredentialStatus::Ended(refusal) = self.status() {
                return refusal;
            }
            self.changed().await;
        }
    }
}

async fn monitor(
    authenticator: Arc<Authenticator>,
    credential: Credential,
    client: Client,
    mut known: Authenticated,
    status: watch::Sender<CredentialStatus>,
) {
    let mut revocations = authenticator.revocations();
    loop {
        let pause = authenticator.time_left(&known);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = revocations.changed() => if changed.is_err() { return },
        }
        let call = curtail_rpc::CallContext::new(Instant::now() + TIMEOUT);
        // On the heap: what a call takes would be part of the task for as long as the connection is open.
        match Box::pin(authenticator.authenticate(&credential, &client, &call)).await {
            Ok(fresh) => {
                if !Arc::ptr_eq(&fresh.principal.internal_token, &known.principal.internal_token) {
                    status.send_replace(CredentialStatus::Valid(fresh.principal.clone()));
                }
                known = fresh;
            }
            Err(refusal) if refusal.code == Code::Unauthenticated => {
                status.send_replace(CredentialStatus::Ended(refusal));
                return;
            }
            // The streams of the services end with their token; until then nothing is wrong.
            Err(_) => tokio::time::sleep(RETRY_AFTER).await,
        }
    }
}
