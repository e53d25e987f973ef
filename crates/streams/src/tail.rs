//! Following a stream without a group: every process that does sees every entry.

use std::time::Duration;

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike as _, EventInterface as _, StreamsInterface as _};
use fred::types::Value;
use fred::types::config::{Options, Server};
use prost::Message as _;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use crate::{ENVELOPE_FIELD, EntryId, connect, consumer::Pause, entry, publish, topology::TO_FIELD};

/// How many entries are read at once.
const COUNT: u64 = 256;

/// How long a read waits for news. Also how late the end of the process, or a connection that is dead without being
/// closed, is noticed.
const BLOCK: Duration = Duration::from_millis(500);

/// What a follower learns.
#[derive(Clone, Debug, PartialEq)]
pub enum TailEvent {
    /// The next event.
    Entry(Box<Envelope>),
    /// The stream cannot be read: from now on something may happen unseen.
    Interrupted,
    /// The stream is read again, from where it was left. Whatever is still in the stream comes now; what was cut off
    /// meanwhile, or was lost with Redis and not yet published again, has been missed.
    Resumed,
}

/// Follows one event stream from its present end.
pub struct Tail {
    client: Client,
    command_timeout: Duration,
    stream: String,
    /// The last entry that was seen; `None` until the end of the stream is known.
    last: Option<EntryId>,
}

impl Tail {
    /// A follower of `stream`.
    ///
    /// # Errors
    /// When the URL does not parse. Redis itself may be unavailable.
    pub fn new(redis: &curtail_config::Redis, stream: &str) -> Result<Self, Error> {
        Ok(Self {
            client: connect::dedicated(redis)?,
            command_timeout: Duration::from_millis(redis.command_timeout_ms),
            stream: stream.into(),
            last: None,
        })
    }

    /// Calls `tell` for everything that happens until the process drains. The first event is [`TailEvent::Resumed`], once
    /// the end of the stream is known: from then on nothing is missed. `tell` should be quick.
    ///
    /// Across a restart of Redis it goes on after the last entry it saw, also when the stream was lost: the relay fills
    /// it again with entries under their old ids, and later ones are larger.
    pub async fn run(mut self, mut tell: impl FnMut(TailEvent) + Send, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut reconnects = self.client.reconnect_rx();
        let (mut whole, mut pause) = (false, Pause::default());
        while !shutdown.is_draining() {
            // A connection that broke between two reads leaves no error.
            if reconnected(&mut reconnects) {
                interrupt(&mut whole, &mut tell);
            }
            match self.read().await {
                Ok(entries) => {
                    if !whole {
                        // The answer came through the newest connection.
                        reconnected(&mut reconnects);
                        whole = true;
                        pause = Pause::default();
                        tell(TailEvent::Resumed);
                    }
                    for entry in entries {
                        self.last = Some(entry.id);
                        if entry.field(TO_FIELD).is_some() {
                            continue;
                        }
                        match entry.field(ENVELOPE_FIELD).map(|payload| Envelope::decode(payload.clone())) {
                            Some(Ok(envelope)) => tell(TailEvent::Entry(Box::new(envelope))),
                            _ => tracing::error!(stream = self.stream, entry = %entry.id, "not an event"),
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(stream = self.stream, error = %error, "the stream can not be read");
                    interrupt(&mut whole, &mut tell);
                    pause.wait(&shutdown).await;
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Vec<crate::Entry>, Error> {
        let Some(last) = self.last else {
            self.last = Some(publish::last_entry(&self.client, &self.stream).await?);
            return Ok(Vec::new());
        };
        let options = Options { timeout: Some(self.command_timeout + BLOCK), ..Options::default() };
        let block = u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX);
        let answer: Value =
            self.client.with_options(&options).xread(Some(COUNT), Some(block), &self.stream, last).await?;
        entry::of_read(answer)
    }
}

/// Whether the client has connected since the last question.
fn reconnected(events: &mut Receiver<Server>) -> bool {
    let mut any = false;
    while !matches!(events.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {
        any = true;
    }
    any
}

fn interrupt(whole: &mut bool, tell: &mut impl FnMut(TailEvent)) {
    if std::mem::take(whole) {
        tell(TailEvent::Interrupted);
    }
}
