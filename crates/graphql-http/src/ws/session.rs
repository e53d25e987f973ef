//! One socket from its first message to its last.

use std::time::{Duration, Instant};

use async_graphql::Response;
use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::time::MissedTickBehavior;
use tokio_stream::StreamMap;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close::Close;
use super::message::{self, FromClient};
use crate::error::{Code, RequestError};
use crate::params::Params;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;
/// The replies of an operation; `None` is its end.
type Replies = BoxStream<'static, Option<Reply>>;

/// A client that reads nothing for this long is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Bounds of a socket.
#[derive(Debug, Clone, Copy)]
pub struct SocketSettings {
    /// How long a client may take to send `connection_init`.
    pub init_timeout: Duration,
    /// How often a quiet socket is pinged. One that stays quiet until the next ping is closed.
    pub keep_alive: Duration,
    /// Bytes of one message.
    pub max_message_bytes: usize,
    /// Operations at once.
    pub max_operations: usize,
}

/// What an operation sends.
#[derive(Debug)]
pub enum Reply {
    /// A result.
    Next(Box<Response>),
    /// The operation was not executed: its errors, after which it is over.
    Errors(Value),
}

/// What the server decides about a socket: who it belongs to, which operations start, and when it ends.
pub trait SocketHandler: Send + 'static {
    /// Authenticates the client by the parameters of `connection_init`. Called once, before any operation.
    fn init(&mut self, params: Map<String, Value>) -> impl Future<Output = Result<(), Close>> + Send;

    /// Starts an operation. The error is the list of GraphQL errors that refuses it.
    fn start(&mut self, params: Params) -> impl Future<Output = Result<BoxStream<'static, Reply>, Value>> + Send;

    /// The list of GraphQL errors for an operation that the transport refuses.
    fn refuse(&mut self, error: RequestError) -> Value;

    /// Waits until the server has a reason to close the socket. It is called again and again, and dropped when something else happens.
    fn ended(&mut self) -> impl Future<Output = Close> + Send;

    /// The socket is about to be closed with this code, or without one because the client has left.
    fn closing(&mut self, code: Option<u16>);
}

/// Serves a socket until either side closes it.
pub(super) async fn serve<H: SocketHandler>(settings: SocketSettings, handler: H, socket: Socket) {
    let mut session =
        Session { settings, handler, socket, initialised: false, operations: StreamMap::new(), heard: true };
    let reason = session.run().await;
    session.operations.clear();
    session.handler.closing(reason.as_ref().map(|close| u16::from(close.frame().code)));
    if let Some(close) = reason {
        session.close(&close).await;
    }
}

struct Session<H> {
    settings: SocketSettings,
    handler: H,
    socket: Socket,
    initialised: bool,
    operations: StreamMap<String, Replies>,
    /// Whether anything came since the last ping.
    heard: bool,
}

enum Event {
    Frame(Option<Result<Message, Error>>),
    Reply(String, Option<Reply>),
    Ended(Close),
    InitTimeout,
    Quiet,
}

impl<H: SocketHandler> Session<H> {
    /// Returns why the server has to close the socket; `None` when the client has left.
    async fn run(&mut self) -> Option<Close> {
        let init_until = Instant::now() + self.settings.init_timeout;
        let quiet = self.settings.keep_alive;
        let mut pings = tokio::time::interval_at((Instant::now() + quiet).into(), quiet);
        // After a stall of the server the client still has the whole time to answer a ping.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                frame = self.socket.next() => Event::Frame(frame),
                Some((id, reply)) = self.operations.next() => Event::Reply(id, reply),
                close = self.handler.ended() => Event::Ended(close),
                () = tokio::time::sleep_until(init_until.into()), if !self.initialised => Event::InitTimeout,
                _ = pings.tick() => Event::Quiet,
            };
            if let Err(end) = self.on(event).await {
                return end;
            }
        }
    }

    async fn on(&mut self, event: Event) -> Result<(), Option<Close>> {
        match event {
            Event::Frame(Some(Ok(frame))) => {
                self.heard = true;
                self.read(frame).await
            }
            Event::Frame(Some(Err(Error::Capacity(_)))) => Err(Some(Close::BadMessage("A message is too long"))),
            Event::Frame(Some(Err(_)) | None) => Err(None),
            Event::Reply(id, reply) => self.reply(id, reply).await,
            Event::Ended(close) => Err(Some(close)),
            Event::InitTimeout => Err(Some(Close::InitTimeout)),
            // Nothing came since the last ping, not even its pong: half of the connection is gone.
            Event::Quiet if !std::mem::take(&mut self.heard) => Err(None),
            Event::Quiet => self.send(Message::Ping(Default::default())).await,
        }
    }

    async fn read(&mut self, frame: Message) -> Result<(), Option<Close>> {
        let text = match frame {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Some(Close::BadMessage("Messages are texts"))),
            Message::Close(_) => {
                self.finish().await;
                return Err(None);
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        };
        match FromClient::parse(&text).map_err(Some)? {
            FromClient::Init(_) if self.initialised => Err(Some(Close::TooMany("Too many initialisation requests"))),
            FromClient::Init(params) => {
                // On the heap: what it takes would be part of every socket for as long as that is open.
                Box::pin(self.handler.init(params)).await.map_err(Some)?;
                self.initialised = true;
                self.send_text(message::ack()).await
            }
            FromClient::Ping => self.send_text(message::pong()).await,
            FromClient::Pong => Ok(()),
            FromClient::Subscribe(..) if !self.initialised => Err(Some(Close::Unauthorized)),
            FromClient::Subscribe(id, _) if self.operations.contains_key(&id) => Err(Some(Close::DuplicateId(id))),
            FromClient::Subscribe(id, params) => match self.start(params).await {
                Ok(replies) => {
                    self.operations.insert(id, replies.map(Some).chain(stream::once(async { None })).boxed());
                    Ok(())
                }
                Err(errors) => self.send_text(message::error(&id, &errors)).await,
            },
            FromClient::Complete(id) => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    async fn start(&mut self, params: Params) -> Result<BoxStream<'static, Reply>, Value> {
        let max = self.settings.max_operations;
        if self.operations.len() >= max {
            let error = RequestError::new(Code::Subscriptions, "too many operations on this socket").limit(max);
            return Err(self.handler.refuse(error));
        }
        Box::pin(self.handler.start(params)).await
    }

    async fn reply(&mut self, id: String, reply: Option<Reply>) -> Result<(), Option<Close>> {
        match reply {
            Some(Reply::Next(response)) => self.send_text(message::next(&id, &response)).await,
            Some(Reply::Errors(errors)) => {
                self.operations.remove(&id);
                self.send_text(message::error(&id, &errors)).await
            }
            None => {
                self.operations.remove(&id);
                self.send_text(message::complete(&id)).await
            }
        }
    }

    async fn send_text(&mut self, text: String) -> Result<(), Option<Close>> {
        self.send(Message::text(text)).await
    }

    /// Waits for a slow client, but not forever.
    async fn send(&mut self, message: Message) -> Result<(), Option<Close>> {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }

    /// Sends the reason and waits for the other side, so that the reason is not lost with the connection.
    async fn close(&mut self, close: &Close) {
        if let Ok(Ok(())) = tokio::time::timeout(CLOSE_TIMEOUT, self.socket.close(Some(close.frame()))).await {
            self.finish().await;
        }
    }

    /// Reads until the end. Doing so also answers the close frame of the other side, which otherwise takes the end for a failure.
    async fn finish(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, rest).await;
    }
}
