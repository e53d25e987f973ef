//! One socket from its first message to its last.

use std::future::pending;
use std::time::{Duration, Instant};

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use curtail_graphql_http::Params;
use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_stream::StreamMap;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close::Close;
use super::handshake::Guest;
use super::init::Caller;
use super::message::{self, FromClient};
use crate::app::App;
use crate::auth::CredentialMonitor;
use crate::error::{Code, Refusal};
use crate::http::answer;
use crate::http::errors::ErrorSummary;
use crate::http::exchange::charge;
use crate::http::followed;
use crate::http::operation::{Operation, detail};
use crate::rate::shared::Outcome;
use crate::request::RequestContext;

type Socket = WebSocketStream<TokioIo<Upgraded>>;
/// The answers of an operation; `None` is its end.
type Answers = BoxStream<'static, Option<Box<(Response, ErrorSummary)>>>;

/// A client that takes nothing for so long is given up.
const SEND: Duration = Duration::from_secs(10);
/// How long the other side may take to close.
const CLOSE: Duration = Duration::from_secs(1);

/// Serves a socket until either side closes it.
pub(super) async fn serve(app: App, guest: Guest, socket: Socket) {
    metrics::counter!("gateway_sockets_total").increment(1);
    let mut session = Session { app, guest, socket, caller: None, operations: StreamMap::new(), heard: true };
    let reason = session.run().await;
    session.operations.clear();
    let code = reason.as_ref().map_or(0, |close| u16::from(close.frame().code));
    metrics::counter!("gateway_sockets_closed_total", "code" => code.to_string()).increment(1);
    tracing::debug!(request_id = %session.guest.seen.id, code, "a socket is closed");
    if let Some(close) = reason {
        session.close(&close).await;
    }
}

struct Session {
    app: App,
    guest: Guest,
    socket: Socket,
    /// Since `connection_init`.
    caller: Option<Caller>,
    operations: StreamMap<String, Answers>,
    /// Whether anything came since the last ping.
    heard: bool,
}

enum Event {
    Frame(Option<Result<Message, Error>>),
    Answer(String, Option<Box<(Response, ErrorSummary)>>),
    Ended,
    Draining,
    InitTimeout,
    Quiet,
}

impl Session {
    /// Why the server has to close the socket; `None` when the client is gone.
    async fn run(&mut self) -> Option<Close> {
        let init_until = Instant::now() + Duration::from_millis(self.app.settings.live_init_timeout_ms);
        let quiet = Duration::from_millis(self.app.settings.live_keep_alive_ms);
        let mut pings = tokio::time::interval_at((Instant::now() + quiet).into(), quiet);
        let shutdown = self.app.shared.shutdown.clone();
        loop {
            let mut monitor = self.caller.as_ref().and_then(|caller| caller.monitor.clone());
            let initialised = self.caller.is_some();
            let event = tokio::select! {
                frame = self.socket.next() => Event::Frame(frame),
                Some((id, answer)) = self.operations.next() => Event::Answer(id, answer),
                () = ended(&mut monitor) => Event::Ended,
                () = shutdown.draining() => Event::Draining,
                () = tokio::time::sleep_until(init_until.into()), if !initialised => Event::InitTimeout,
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
                self.take(frame).await
            }
            Event::Frame(Some(Err(Error::Capacity(_)))) => Err(Some(Close::BadMessage("A message is too long"))),
            Event::Frame(Some(Err(_)) | None) => Err(None),
            Event::Answer(id, answer) => self.answer(id, answer).await,
            Event::Ended => Err(Some(Close::Forbidden("The credential has ended"))),
            Event::Draining => Err(Some(Close::GoingAway)),
            Event::InitTimeout => Err(Some(Close::InitTimeout)),
            // Nothing came since the last ping, not even its answer: half of the connection is gone.
            Event::Quiet if !std::mem::take(&mut self.heard) => Err(None),
            Event::Quiet => self.send(Message::Ping(Default::default())).await,
        }
    }

    async fn take(&mut self, frame: Message) -> Result<(), Option<Close>> {
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
            FromClient::Init(_) if self.caller.is_some() => {
                Err(Some(Close::TooMany("Too many initialisation requests")))
            }
            FromClient::Init(params) => {
                // On the heap: what it takes would be part of every socket for as long as that is open.
                let caller = Box::pin(Caller::of(&self.app, &mut self.guest, &params)).await;
                self.caller = Some(caller.map_err(Some)?);
                self.say(message::ack()).await
            }
            FromClient::Ping => self.say(message::pong()).await,
            FromClient::Pong => Ok(()),
            FromClient::Subscribe(..) if self.caller.is_none() => Err(Some(Close::Unauthorized)),
            FromClient::Subscribe(id, _) if self.operations.contains_key(&id) => Err(Some(Close::DuplicateId(id))),
            FromClient::Subscribe(id, params) => match Box::pin(self.begin(params)).await {
                Ok(answers) => {
                    self.operations.insert(id, answers);
                    Ok(())
                }
                Err(refusal) => {
                    followed::refused(self.guest.seen.id.as_str(), "websocket", refusal.code);
                    let errors = answer::errors(&refusal, self.guest.seen.id.as_str());
                    self.say(message::error(&id, &errors)).await
                }
            },
            FromClient::Complete(id) => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    /// Checks an operation as one that came by HTTP, and starts it.
    async fn begin(&mut self, params: Params) -> Result<Answers, Refusal> {
        let Some(Caller { authenticated, monitor }) = &self.caller else {
            return Err(Refusal::new(Code::Unauthenticated, "connection_init comes first"));
        };
        let most = self.app.settings.live_operations_per_socket;
        if self.operations.len() >= most {
            return Err(Refusal::new(Code::Subscriptions, "too many operations on this socket").limit(most));
        }
        let operation = Operation::check(&self.app, params, authenticated.is_none())?;
        if operation.plan.kind == OperationType::Mutation {
            return Err(Refusal::new(Code::ValidationFailed, "send mutations by POST"));
        }
        let detail = detail(&self.app, authenticated.is_some());
        operation.check_introspection(detail)?;
        let address = self.guest.seen.client;
        if let Outcome::Refuse(refusal, _) = charge(&self.app, authenticated.as_ref(), address, operation.units()).await
        {
            return Err(refusal);
        }
        let principal = authenticated.as_ref().map(|known| known.principal.clone());
        let principal = monitor
            .as_ref()
            .map(CredentialMonitor::status)
            .and_then(crate::auth::CredentialStatus::principal)
            .or(principal);
        let mut call =
            curtail_rpc::CallContext::new(Instant::now() + self.app.patience()).for_request(self.guest.seen.id.clone());
        if let Some(principal) = &principal {
            call = call.on_behalf_of(principal.internal_token.clone());
        }
        let context = RequestContext::new(principal, self.guest.client.clone(), call, None);
        let answers = operation.into_answers(&self.app, &context, "websocket", monitor.clone(), detail);
        Ok(answers.map(|answer| Some(Box::new(answer))).chain(stream::once(async { None })).boxed())
    }

    async fn answer(&mut self, id: String, answer: Option<Box<(Response, ErrorSummary)>>) -> Result<(), Option<Close>> {
        match answer.as_deref() {
            Some((answer, summary)) if summary.not_executed => {
                self.operations.remove(&id);
                let errors = serde_json::to_value(&answer.errors).unwrap_or_default();
                self.say(message::error(&id, &errors)).await
            }
            Some((answer, _)) => self.say(message::next(&id, answer)).await,
            None => {
                self.operations.remove(&id);
                self.say(message::complete(&id)).await
            }
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Option<Close>> {
        self.send(Message::text(text)).await
    }

    /// Waits for a slow client, but not for ever. What its subscriptions miss meanwhile, they are told as a number.
    async fn send(&mut self, message: Message) -> Result<(), Option<Close>> {
        match tokio::time::timeout(SEND, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }

    /// Says why and waits for the other side, so that the reason is not lost with the connection.
    async fn close(&mut self, close: &Close) {
        if let Ok(Ok(())) = tokio::time::timeout(CLOSE, self.socket.close(Some(close.frame()))).await {
            self.finish().await;
        }
    }

    /// Reads what still comes. Doing so also answers the close frame of the other side, which else takes the end for a failure.
    async fn finish(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(CLOSE, rest).await;
    }
}

async fn ended(monitor: &mut Option<CredentialMonitor>) {
    match monitor {
        Some(monitor) => drop(monitor.ended().await),
        None => pending().await,
    }
}
