//! Where a feed comes from: a stream of a service, which is opened again and again.

use std::hash::Hash;
use std::time::{Duration, Instant};

use curtail_lifecycle::Backoff;
use curtail_proto::Batch;
use curtail_proto::analytics::v1::live_service_client::LiveServiceClient;
use curtail_proto::analytics::v1::{WatchClicksRequest, WatchClicksResponse};
use curtail_proto::links::v1::link_live_service_client::LinkLiveServiceClient;
use curtail_proto::links::v1::{WatchLinksRequest, WatchLinksResponse};
use curtail_rpc::{CallContext, Channel, Code, Error};
use tonic::{Request, Response, Status, Streaming};

use crate::auth::{CredentialMonitor, CredentialStatus};

/// How long a stream may take to open.
const OPEN: Duration = Duration::from_secs(2);
/// How long a service may be unavailable before subscriptions are told.
const GIVE_UP: Duration = Duration::from_secs(30);
/// The first pause before a stream is opened again; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The client of a service that tells what happens.
pub trait Service: Clone + Send + Sync + 'static {
    /// What is to be told.
    type Watch: Copy + Eq + Hash + Send + Sync + 'static;
    /// What the stream brings.
    type Message: Batch;

    /// Opens the stream.
    fn watch(
        &mut self,
        request: Request<Self::Watch>,
    ) -> impl Future<Output = Result<Response<Streaming<Self::Message>>, Status>> + Send;
}

impl Service for LiveServiceClient<Channel> {
    type Watch = WatchClicksRequest;
    type Message = WatchClicksResponse;

    async fn watch(&mut self, request: Request<Self::Watch>) -> Result<Response<Streaming<Self::Message>>, Status> {
        self.watch_clicks(request).await
    }
}

impl Service for LinkLiveServiceClient<Channel> {
    type Watch = WatchLinksRequest;
    type Message = WatchLinksResponse;

    async fn watch(&mut self, request: Request<Self::Watch>) -> Result<Response<Streaming<Self::Message>>, Status> {
        self.watch_links(request).await
    }
}

/// What to ask of whom, and in whose name.
pub(super) struct Source<S: Service> {
    pub(super) client: S,
    pub(super) monitor: CredentialMonitor,
    pub(super) watch: S::Watch,
}

impl<S: Service> Source<S> {
    /// Opens a stream with the latest token.
    pub(super) async fn open(&mut self) -> Result<Streaming<S::Message>, Error> {
        let CredentialStatus::Valid(principal) = self.monitor.status() else {
            return Err(Error::new(Code::Unauthenticated, "TOKEN_INVALID", "the credential is not valid any more"));
        };
        let call = CallContext::new(Instant::now() + OPEN).on_behalf_of(principal.internal_token).read();
        // On the heap: what a call takes would be part of the feed for as long as that is open.
        Ok(Box::pin(self.client.watch(call.request(self.watch))).await?.into_inner())
    }

    /// Opens it again after it was lost.
    pub(super) async fn reopen(&mut self, lost: Error) -> Result<Streaming<S::Message>, Error> {
        let (since, mut backoff, mut error) = (Instant::now(), Backoff::new(PAUSE, LONGEST_PAUSE), lost);
        while since.elapsed() < GIVE_UP {
            let pause = backoff.next_pause();
            tokio::select! {
                () = tokio::time::sleep(error.retry_after.unwrap_or(pause).min(LONGEST_PAUSE)) => {}
                // A fresh token may be all that was missing.
                _ = self.monitor.changed() => {}
            }
            match self.open().await {
                Ok(stream) => return Ok(stream),
                Err(refused) if is_final(&refused) && matches!(self.monitor.status(), CredentialStatus::Ended(_)) => {
                    return Err(refused);
                }
                Err(refused) if matches!(refused.code, Code::Forbidden | Code::NotFound) => return Err(refused),
                Err(away) => error = away,
            }
        }
        Err(error)
    }
}

/// Whether no later try can succeed with the same credential.
pub(super) fn is_final(error: &Error) -> bool {
    matches!(error.code, Code::Unauthenticated | Code::Forbidden | Code::NotFound)
}
