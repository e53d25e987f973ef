//! Streams of clicks, shared by the subscriptions that ask for the same with the same credential.
//!
//! A stream ends with the token that opened it, after a minute or so. A fresh one is opened before, and the two overlap for a
//! moment, so that no click is lost in between and none is told twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use fanout::{Fanout, Reader};
use futures_util::{Stream, stream};
use proto::analytics::v1::live_service_client::LiveServiceClient;
use proto::analytics::v1::{WatchClicksRequest, WatchClicksResponse};
use rpc::{CallContext, Code, Error};
use tokio::task::AbortHandle;
use tonic::Streaming;

use super::recent::Recent;
use super::vigil::{Standing, Vigil};

/// How long a stream may take to open.
const OPEN: Duration = Duration::from_secs(2);
/// Messages that a slow subscription may be behind before it loses the oldest.
const BEHIND: usize = 64;
/// How long the old stream goes on beside the new one.
const OVERLAP: Duration = Duration::from_secs(1);
/// How long a service may be away before subscriptions are told.
const GIVE_UP: Duration = Duration::from_secs(30);
/// The first pause before a stream is opened again; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a subscription gets: clicks, or why there are no more.
type Item = Result<Arc<WatchClicksResponse>, Arc<Error>>;

/// Credential, workspace, link.
type Key = ([u8; 32], i64, i64);

/// All open streams of clicks.
pub struct Feeds {
    client: LiveServiceClient<rpc::Channel>,
    open: Mutex<HashMap<Key, Weak<Feed>>>,
}

/// One stream; it ends when the last subscription drops it.
struct Feed {
    fanout: Arc<Fanout<Item>>,
    task: AbortHandle,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Feeds {
    /// Streams of this service.
    pub fn new(client: LiveServiceClient<rpc::Channel>) -> Self {
        Self { client, open: Mutex::default() }
    }

    /// The clicks of a workspace, or of one link, from now on.
    ///
    /// # Errors
    /// When the caller may not see them, or the service is away. A stream that is lost later is opened again; when that fails
    /// for long, the error is the last item.
    pub async fn clicks(
        &self,
        vigil: &Vigil,
        request: WatchClicksRequest,
    ) -> Result<impl Stream<Item = Result<WatchClicksResponse, Error>> + Send + use<>, Error> {
        let key = (vigil.digest(), request.workspace_id, request.link_id);
        if let Some(subscribed) = self.join(key) {
            return Ok(subscribed.into_stream());
        }
        let mut source = Source { client: self.client.clone(), vigil: vigil.clone(), request };
        let stream = source.open().await?;
        let fanout = Arc::new(Fanout::new(BEHIND));
        let reader = fanout.reader();
        let task = tokio::spawn(run(source, stream, fanout.clone())).abort_handle();
        let feed = Arc::new(Feed { fanout, task });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, feed| feed.strong_count() > 0);
        open.insert(key, Arc::downgrade(&feed));
        Ok(Subscribed { reader, feed: Some(feed) }.into_stream())
    }

    fn join(&self, key: Key) -> Option<Subscribed> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let feed = open.get(&key)?.upgrade().filter(|feed| !feed.task.is_finished())?;
        Some(Subscribed { reader: feed.fanout.reader(), feed: Some(feed) })
    }
}

/// One subscription to a feed.
struct Subscribed {
    reader: Reader<Item>,
    /// Keeps the feed open; gone after an error, which is the last item.
    feed: Option<Arc<Feed>>,
}

impl Subscribed {
    fn into_stream(self) -> impl Stream<Item = Result<WatchClicksResponse, Error>> + Send + use<> {
        stream::unfold(self, async |mut this| {
            this.feed.as_ref()?;
            let (item, lost) = this.reader.next().await?;
            let item = match item {
                Ok(message) => Ok(WatchClicksResponse { skipped: message.skipped + lost, ..message.as_ref().clone() }),
                Err(error) => {
                    this.feed = None;
                    Err(again(&error))
                }
            };
            Some((item, this))
        })
    }
}

/// The same error for one more reader; its cause was logged where it happened.
fn again(error: &Error) -> Error {
    Error { retry_after: error.retry_after, ..Error::new(error.code, error.reason.clone(), error.message.clone()) }
}

/// Where a feed comes from.
struct Source {
    client: LiveServiceClient<rpc::Channel>,
    vigil: Vigil,
    request: WatchClicksRequest,
}

impl Source {
    async fn open(&mut self) -> Result<Streaming<WatchClicksResponse>, Error> {
        let Standing::Good(principal) = self.vigil.standing() else {
            return Err(Error::new(Code::Unauthenticated, "TOKEN_INVALID", "the credential is not valid any more"));
        };
        let call = CallContext::new(Instant::now() + OPEN).on_behalf_of(principal.internal_token).read();
        Ok(self.client.watch_clicks(call.request(self.request)).await?.into_inner())
    }

    /// Opens it again after it was lost.
    async fn reopen(&mut self, lost: Error) -> Result<Streaming<WatchClicksResponse>, Error> {
        let (since, mut pause, mut error) = (Instant::now(), PAUSE, lost);
        while since.elapsed() < GIVE_UP {
            tokio::select! {
                () = tokio::time::sleep(error.retry_after.unwrap_or(pause).min(LONGEST_PAUSE)) => {}
                // A fresh token may be all that was missing.
                _ = self.vigil.changed() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.open().await {
                Ok(stream) => return Ok(stream),
                Err(refused) if is_final(&refused) && matches!(self.vigil.standing(), Standing::Ended(_)) => {
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
fn is_final(error: &Error) -> bool {
    matches!(error.code, Code::Unauthenticated | Code::Forbidden | Code::NotFound)
}

/// Tells what the stream brings until nobody listens (the task is aborted) or it can not be had any more.
async fn run(mut source: Source, mut stream: Streaming<WatchClicksResponse>, fanout: Arc<Fanout<Item>>) {
    let mut recent = Recent::default();
    let mut leaving: Option<(Streaming<WatchClicksResponse>, Instant)> = None;
    let mut vigil = source.vigil.clone();
    loop {
        let outcome = tokio::select! {
            message = stream.message() => match message {
                Ok(Some(message)) => {
                    tell(&fanout, &mut recent, message);
                    continue;
                }
                Ok(None) => source.reopen(Error::of(Code::Unavailable)).await,
                Err(status) => source.reopen(Error::from_status(&status)).await,
            },
            old = last_words(&mut leaving) => {
                match old {
                    // What the new stream left out is not said twice.
                    Some(old) => tell(&fanout, &mut recent, WatchClicksResponse { skipped: 0, ..old }),
                    None => leaving = None,
                }
                continue;
            }
            _ = vigil.changed() => match source.open().await {
                Ok(fresh) => {
                    leaving = Some((std::mem::replace(&mut stream, fresh), Instant::now() + OVERLAP));
                    continue;
                }
                Err(error) if is_final(&error) => Err(error),
                // The old stream goes on until its token ends.
                Err(_) => continue,
            },
        };
        match outcome {
            Ok(fresh) => stream = fresh,
            Err(error) => return fanout.tell(Err(Arc::new(error)), 0),
        }
    }
}

fn tell(fanout: &Fanout<Item>, recent: &mut Recent, mut message: WatchClicksResponse) {
    recent.keep_new(&mut message.clicks);
    let weight = message.clicks.len() as u64 + message.skipped;
    if weight > 0 {
        fanout.tell(Ok(Arc::new(message)), weight);
    }
}

/// The next message of the stream whose place was taken; `None` when it has nothing more to say.
async fn last_words(leaving: &mut Option<(Streaming<WatchClicksResponse>, Instant)>) -> Option<WatchClicksResponse> {
    match leaving {
        Some((stream, until)) => {
            tokio::time::timeout_at((*until).into(), stream.message()).await.ok().and_then(Result::ok).flatten()
        }
        None => std::future::pending().await,
    }
}
