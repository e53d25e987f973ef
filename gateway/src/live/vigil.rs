//! The credential of a connection that stays open.
//!
//! A request is over before its internal token is; a connection is not. Its credential is exchanged anew before each internal
//! token ends, so that the services always see a fresh one, and looked at again whenever anything is revoked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_proto::auth::v1::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::app::App;
use crate::auth::{Authenticated, Credential};
use crate::error::{Code, Refusal};
use crate::request::Principal;

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after auth-svc could not be asked, and the least between two questions.
const AGAIN: Duration = Duration::from_millis(500);

/// What the credential is good for.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It is good; the caller with the latest internal token.
    Good(Principal),
    /// It has expired or was revoked.
    Ended(Refusal),
}

impl Standing {
    /// The caller, unless the credential has ended.
    pub fn good(self) -> Option<Principal> {
        match self {
            Self::Good(principal) => Some(principal),
            Self::Ended(_) => None,
        }
    }
}

/// Watches over one credential until the last clone is dropped.
#[derive(Clone)]
pub struct Vigil {
    standing: watch::Receiver<Standing>,
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

impl Vigil {
    /// Begins with what is known of `credential`.
    pub fn keep(app: &App, credential: Credential, client: Client, known: Authenticated) -> Self {
        let (sender, standing) = watch::channel(Standing::Good(known.principal.clone()));
        let digest = credential.digest();
        let task = tokio::spawn(watch_over(app.clone(), credential, client, known, sender));
        Self { standing, digest, _task: Arc::new(Task(task.abort_handle())) }
    }

    /// Names the credential.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What it is good for at the moment.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Waits until that changes, and tells how.
    pub async fn changed(&mut self) -> Standing {
        // The task only ends after it said that the credential did.
        if self.standing.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.standing.borrow_and_update().clone()
    }

    /// Waits for the end of the credential.
    pub async fn ended(&mut self) -> Refusal {
        loop {
            if let Standing::Ended(refusal) = self.standing() {
                return refusal;
            }
            self.changed().await;
        }
    }
}

async fn watch_over(
    app: App,
    credential: Credential,
    client: Client,
    mut known: Authenticated,
    standing: watch::Sender<Standing>,
) {
    let mut revocations = app.authenticator.revocations();
    loop {
        let pause = app.authenticator.time_left(&known);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = revocations.changed() => if changed.is_err() { return },
        }
        let call = curtail_rpc::CallContext::new(Instant::now() + TIMEOUT);
        // On the heap: what a call takes would be part of the task for as long as the connection is open.
        match Box::pin(app.authenticator.authenticate(&credential, &client, &call)).await {
            Ok(fresh) => {
                if !Arc::ptr_eq(&fresh.principal.internal_token, &known.principal.internal_token) {
                    standing.send_replace(Standing::Good(fresh.principal.clone()));
                }
                known = fresh;
            }
            Err(refusal) if refusal.code == Code::Unauthenticated => {
                standing.send_replace(Standing::Ended(refusal));
                return;
            }
            // The streams of the services end with their token; until then nothing is wrong.
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}
