//! Streams of the services, shared by the subscriptions that ask for the same with the same credential.
//!
//! A stream ends with the token that opened it, after a minute or so. A fresh one is opened before, and the two overlap for a
//! moment, so that nothing is lost in between and nothing told twice.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use curtail_fanout::{Fanout, Reader};
use curtail_proto::Batch;
use curtail_proto::analytics::v1::live_service_client::LiveServiceClient;
use curtail_proto::links::v1::link_live_service_client::LinkLiveServiceClient;
use curtail_rpc::{Code, Error};
use futures_util::{Stream, stream};
use tokio::task::AbortHandle;
use tonic::Streaming;

use super::recent::Recent;
use super::source::{Service, Source, is_final};
use crate::auth::CredentialMonitor;

/// Messages that a slow subscription may be behind before it loses the oldest.
const BEHIND: usize = 64;
/// How long the old stream goes on beside the new one.
const OVERLAP: Duration = Duration::from_secs(1);

/// Clicks as they happen.
pub type Clicks = Feeds<LiveServiceClient<curtail_rpc::Channel>>;
/// Changes of links as they happen.
pub type LinkChanges = Feeds<LinkLiveServiceClient<curtail_rpc::Channel>>;

/// What a subscription gets: a message, or why there are no more.
type Item<M> = Result<Arc<M>, Arc<Error>>;

/// All open streams of one service.
pub struct Feeds<S: Service> {
    client: S,
    open: Mutex<Open<S>>,
}

/// Streams by credential and what is watched.
type Open<S> = HashMap<([u8; 32], <S as Service>::Watch), Weak<Feed<<S as Service>::Message>>>;

/// One stream; it ends when the last subscription drops it.
struct Feed<M> {
    fanout: Arc<Fanout<Item<M>>>,
    task: AbortHandle,
}

impl<M> Drop for Feed<M> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S: Service> Feeds<S> {
    /// Streams of this service.
    pub fn new(client: S) -> Self {
        Self { client, open: Mutex::default() }
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// When the caller may not see it, or the service is unavailable. A stream that is lost later is opened again; when that fails
    /// for long, the error is the last item.
    pub async fn watch(
        &self,
        monitor: &CredentialMonitor,
        watch: S::Watch,
    ) -> Result<impl Stream<Item = Result<S::Message, Error>> + Send + use<S>, Error> {
        let key = (monitor.digest(), watch);
        if let Some(subscribed) = join(&self.open(), &key) {
            return Ok(subscribed.into_stream());
        }
        let mut source = Source { client: self.client.clone(), monitor: monitor.clone(), watch };
        let stream = source.open().await?;
        let mut open = self.open();
        // Someone may have opened the same meanwhile.
        if let Some(subscribed) = join(&open, &key) {
            return Ok(subscribed.into_stream());
        }
        let fanout = Arc::new(Fanout::new(BEHIND));
        let reader = fanout.reader();
        let task = tokio::spawn(run(source, stream, fanout.clone())).abort_handle();
        let feed = Arc::new(Feed { fanout, task });
        open.retain(|_, feed| feed.strong_count() > 0);
        open.insert(key, Arc::downgrade(&feed));
        Ok(Subscribed { reader, feed: Some(feed) }.into_stream())
    }

    fn open(&self) -> MutexGuard<'_, Open<S>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One more subscription to a feed that is open.
fn join<K: Eq + Hash, M>(open: &HashMap<K, Weak<Feed<M>>>, key: &K) -> Option<Subscribed<M>> {
    let feed = open.get(key)?.upgrade().filter(|feed| !feed.task.is_finished())?;
    Some(Subscribed { reader: feed.fanout.reader(), feed: Some(feed) })
}

/// One subscription to a feed.
struct Subscribed<M> {
    reader: Reader<Item<M>>,
    /// Keeps the feed open; gone after an error, which is the last item.
    feed: Option<Arc<Feed<M>>>,
}

impl<M: Batch> Subscribed<M> {
    fn into_stream(self) -> impl Stream<Item = Result<M, Error>> + Send + use<M> {
        stream::unfold(self, async |mut this| {
            this.feed.as_ref()?;
            let (item, lost) = this.reader.next().await?;
            let item = match item {
                Ok(message) => Ok(M::new(message.items().to_vec(), message.skipped() + lost)),
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

/// Tells what the stream brings until no one listens (the task is aborted) or it cannot be had any more.
async fn run<S: Service>(
    mut source: Source<S>,
    mut stream: Streaming<S::Message>,
    fanout: Arc<Fanout<Item<S::Message>>>,
) {
    let mut recent = Recent::default();
    let mut leaving: Option<(Streaming<S::Message>, Instant)> = None;
    let mut monitor = source.monitor.clone();
    loop {
        let outcome = tokio::select! {
            message = stream.message() => match message {
                Ok(Some(message)) => {
                    tell(&fanout, recent.fresh(&message), message.skipped());
                    continue;
                }
                Ok(None) => source.reopen(Error::of(Code::Unavailable)).await,
                Err(status) => source.reopen(Error::from_status(&status)).await,
            },
            old = last_words(&mut leaving) => {
                match old {
                    // What the new stream left out is not said twice.
                    Some(old) => tell(&fanout, recent.fresh(&old), 0),
                    None => leaving = None,
                }
                continue;
            }
            _ = monitor.changed() => match source.open().await {
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

fn tell<M: Batch>(fanout: &Fanout<Item<M>>, items: Vec<M::Item>, skipped: u64) {
    let message = M::new(items, skipped);
    let weight = message.weight();
    if weight > 0 {
        fanout.tell(Ok(Arc::new(message)), weight);
    }
}

/// The next message of the stream whose place was taken; `None` when it has nothing more to say.
async fn last_words<M>(leaving: &mut Option<(Streaming<M>, Instant)>) -> Option<M> {
    match leaving {
        Some((stream, until)) => {
            tokio::time::timeout_at((*until).into(), stream.message()).await.ok().and_then(Result::ok).flatten()
        }
        None => std::future::pending().await,
    }
}
