//! What one request carries to its resolver or handler.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use curtail_proto::auth::v1::{Client, TokenPair};

use crate::auth::CredentialMonitor;
pub use crate::auth::Principal;

/// What a resolver wants to happen to the caller's cookies; the HTTP layer writes the headers.
#[derive(Debug, Clone)]
pub enum SessionChange {
    /// A session was opened or refreshed.
    Set(Box<TokenPair>),
    /// The session ended.
    Clear,
}

/// Data of one request, found in resolvers by `ctx.data::<RequestContext>()`. Clones share their counters and outbox.
#[derive(Clone)]
pub struct RequestContext {
    /// The verified caller; `None` is anonymous.
    pub principal: Option<Principal>,
    /// What was seen of the client; goes into RPCs that open sessions.
    pub client: Client,
    /// Internal token, deadline, request id, trace and RPC counter of this request.
    pub call: curtail_rpc::CallContext,
    /// The refresh token that came as a cookie, if that cookie counts (see the rules against request forgery).
    pub refresh_cookie: Option<String>,
    session_change: Arc<Mutex<Option<SessionChange>>>,
    memberships_changed: Arc<AtomicBool>,
    stream: Option<StreamState>,
}

/// A request whose answers go on: what was known when it came does not last.
#[derive(Clone)]
struct StreamState {
    monitor: CredentialMonitor,
    timeout: Duration,
}

impl RequestContext {
    /// A context whose outbox is empty.
    pub fn new(
        principal: Option<Principal>,
        client: Client,
        call: curtail_rpc::CallContext,
        refresh_cookie: Option<String>,
    ) -> Self {
        Self {
            principal,
            client,
            call,
            refresh_cookie,
            session_change: Arc::default(),
            memberships_changed: Arc::default(),
            stream: None,
        }
    }

    /// The same for answers that go on: each call is made with the latest internal token and may take `timeout`.
    pub fn for_stream(self, monitor: CredentialMonitor, timeout: Duration) -> Self {
        Self { stream: Some(StreamState { monitor, timeout }), ..self }
    }

    /// Whether the answers go on.
    pub fn is_stream(&self) -> bool {
        self.stream.is_some()
    }

    fn call(&self) -> curtail_rpc::CallContext {
        let Some(StreamState { monitor, timeout }) = &self.stream else { return self.call.clone() };
        let call = curtail_rpc::CallContext { deadline: Instant::now() + *timeout, ..self.call.clone() };
        match monitor.status().principal() {
            Some(principal) => call.on_behalf_of(principal.internal_token),
            // It ends with the credential; until then the service refuses.
            None => call,
        }
    }

    /// The caller, or `UNAUTHENTICATED`.
    pub fn require_principal(&self) -> Result<&Principal, curtail_rpc::Error> {
        self.principal.as_ref().ok_or_else(|| {
            curtail_rpc::Error::new(curtail_rpc::Code::Unauthenticated, "SIGN_IN_REQUIRED", "sign in to do this")
        })
    }

    /// The workspace that was named or else the caller's first one, which is the personal one of an account and the only one
    /// of an API key.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody; `NOT_FOUND` for an account without a workspace.
    pub fn workspace(&self, named: Option<i64>) -> Result<i64, curtail_rpc::Error> {
        let principal = self.require_principal()?;
        let first = || principal.workspaces.first().map(|membership| membership.id);
        named
            .or_else(first)
            .ok_or_else(|| curtail_rpc::Error::new(curtail_rpc::Code::NotFound, "WORKSPACE_NOT_FOUND", "no workspace"))
    }

    /// A gRPC request for an RPC that changes nothing; it may be retried once.
    pub fn read<T>(&self, message: T) -> tonic::Request<T> {
        self.call().read().request(message)
    }

    /// A gRPC request for an RPC that changes something; it is never retried.
    pub fn write<T>(&self, message: T) -> tonic::Request<T> {
        self.call().write().request(message)
    }

    /// The same in the gateway's own name, for an RPC whose message has its own proof (a password, the token of a mail) or needs
    /// none: who is signed in meanwhile does not matter to it.
    pub fn write_for_anybody<T>(&self, message: T) -> tonic::Request<T> {
        curtail_rpc::CallContext { authorization: None, ..self.call().write() }.request(message)
    }

    /// How many RPCs this request has made, retries included.
    pub fn rpc_count(&self) -> u32 {
        self.call.calls.load(Ordering::Relaxed)
    }

    /// Gives the session to the client as cookies with the answer. The last change of a request wins.
    pub fn set_session(&self, tokens: &TokenPair) {
        self.change_session(SessionChange::Set(Box::new(tokens.clone())));
    }

    /// Takes the session cookies from the client with the answer.
    pub fn clear_session(&self) {
        self.change_session(SessionChange::Clear);
    }

    /// The caller joined, made or left a workspace: the next request has to know.
    pub fn change_memberships(&self) {
        self.memberships_changed.store(true, Ordering::Relaxed);
    }

    /// Whether the caller's memberships changed, for the HTTP layer.
    pub fn memberships_changed(&self) -> bool {
        self.memberships_changed.load(Ordering::Relaxed)
    }

    /// Takes the change out, for the HTTP layer.
    pub fn take_session_change(&self) -> Option<SessionChange> {
        self.session_change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn change_session(&self, change: SessionChange) {
        *self.session_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}
