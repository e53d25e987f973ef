//! HTTP/2 responses that the client does not take.
//!
//! A client decides by its windows how fast it takes a response, and hyper keeps what is not taken. Each stream has a task,
//! which [`StreamExecutor`] wraps: if the body has given a piece and the client has not taken it within its time, the task is
//! dropped and h2 resets the stream. Bodies leave in pieces of [`PIECE`] bytes, so that a piece is the most that h2 holds of a
//! response that it can no longer be asked to reset.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::Sleep;

use crate::connection::{Connection, RequestGuard};
use crate::{Bounds, metrics};

/// What hyper gets of a body at a time: one DATA frame of the usual size.
const PIECE: usize = 16 * 1024;
/// Of a longer chunk the last byte leaves by itself. hyper passes a piece on as soon as one byte of it fits, so the stream ends
/// only when the client has taken all but that byte.
const SPLIT_OVER: usize = 1024;
/// A response that was not taken weighs as much as so many refusals: a few dozen end the connection.
const WEIGHT: u32 = 32;

tokio::task_local! {
    /// The stream whose task is running.
    static STREAM: Arc<StreamState>;
}

/// What the task of a stream and the body of its response share.
pub(crate) struct StreamState {
    /// When the piece was given that the client has not taken.
    given: Mutex<Option<Instant>>,
    begun: Mutex<Option<Instant>>,
    sent: AtomicU64,
}

impl StreamState {
    /// The stream of the running task; none on HTTP/1.1.
    pub(crate) fn current() -> Option<Arc<Self>> {
        STREAM.try_with(Arc::clone).ok()
    }

    fn set_given(&self, given: Option<Instant>) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = given;
    }

    /// When the client must have taken the next piece. `None`: it owes nothing.
    fn due(&self, timeout: Duration, rate: u64) -> Option<Instant> {
        let given = (*self.given.lock().unwrap_or_else(PoisonError::into_inner))?;
        let begun = (*self.begun.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or(given);
        let sent = self.sent.load(Ordering::Relaxed);
        // The piece has its time, and what was taken so far must have come at the least rate.
        Some((given + timeout).min(begun + timeout + Duration::from_millis(sent * 1000 / rate.max(1))))
    }
}

/// Runs the streams of one connection.
#[derive(Clone)]
pub(crate) struct StreamExecutor {
    pub(crate) connection: Arc<Connection>,
    pub(crate) timeout: Duration,
    pub(crate) bytes_per_second: u64,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        let state = Arc::new(StreamState { given: Mutex::new(None), begun: Mutex::new(None), sent: AtomicU64::new(0) });
        let stream = StreamTask {
            future: Some(Box::pin(future)),
            state: Arc::clone(&state),
            executor: self.clone(),
            timer: None,
        };
        tokio::spawn(STREAM.scope(state, stream));
    }
}

struct StreamTask<F> {
    future: Option<Pin<Box<F>>>,
    state: Arc<StreamState>,
    executor: StreamExecutor,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Future for StreamTask<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(future) = &mut this.future else { return Poll::Ready(()) };
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(due) = this.state.due(this.executor.timeout, this.executor.bytes_per_second) else {
            return Poll::Pending;
        };
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due.into())));
        if timer.deadline().into_std() != due {
            timer.as_mut().reset(due.into());
        }
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        metrics::response_reset("not taken");
        // Dropping it resets the stream.
        this.future = None;
        for _ in 0..WEIGHT {
            this.executor.connection.refused();
        }
        Poll::Ready(())
    }
}

/// A response that is counted until the client has taken it.
pub struct ResponseBody<B> {
    body: B,
    state: Option<Arc<StreamState>>,
    connection: Arc<Connection>,
    /// The length of the chunk that is being given, and what is left of it.
    chunk: usize,
    rest: Bytes,
    /// Bytes that are counted as waiting.
    waiting: usize,
    _request: RequestGuard,
}

/// The responses that wait for the client are longer than allowed.
#[derive(Debug)]
pub struct TooMuchWaiting(h2::Error);

impl TooMuchWaiting {
    pub(crate) fn new() -> Self {
        Self(h2::Reason::ENHANCE_YOUR_CALM.into())
    }
}

impl fmt::Display for TooMuchWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more responses wait for the client than allowed")
    }
}

impl Error for TooMuchWaiting {
    // hyper takes the reason of the reset from here.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl<B: Body<Data = Bytes>> ResponseBody<B> {
    /// Counts the whole of `body` as waiting.
    pub(crate) fn new(
        body: B,
        connection: Arc<Connection>,
        request: RequestGuard,
        bounds: &Bounds,
    ) -> Result<Self, TooMuchWaiting> {
        let state = StreamState::current();
        let waiting = if state.is_some() { body.size_hint().lower() as usize } else { 0 };
        let admitted = waiting == 0 || connection.add_waiting(waiting, bounds);
        let response = Self { body, state, connection, chunk: 0, rest: Bytes::new(), waiting, _request: request };
        if admitted { Ok(response) } else { Err(TooMuchWaiting::new()) }
    }

    /// The next piece of a chunk.
    fn give(&mut self, mut chunk: Bytes) -> Frame<Bytes> {
        let length = match chunk.len() {
            length @ 0..=SPLIT_OVER => length,
            length => PIECE.min(length - 1),
        };
        let piece = chunk.split_to(length);
        self.rest = chunk;
        if self.rest.is_empty() {
            // The pieces share the memory of their chunk.
            let taken = self.waiting.min(std::mem::take(&mut self.chunk));
            self.waiting -= taken;
            self.connection.sub_waiting(taken);
        }
        if let Some(state) = &self.state {
            let now = Instant::now();
            state.begun.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(now);
            state.set_given(Some(now));
            state.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        Frame::data(piece)
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let Some(state) = &this.state else { return Pin::new(&mut this.body).poll_frame(context) };
        // hyper asks for more once the client has taken what was given.
        state.set_given(None);
        if !this.rest.is_empty() {
            let rest = std::mem::take(&mut this.rest);
            return Poll::Ready(Some(Ok(this.give(rest))));
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => {
                    this.chunk = data.len();
                    this.give(data)
                }
                Err(trailers) => trailers,
            }))),
            Poll::Pending => {
                // The time while the service has nothing is not the client's.
                *state.begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
                state.sent.store(0, Ordering::Relaxed);
                Poll::Pending
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        // On HTTP/2 the end is told apart from the last piece, so that the stream is alive until that is taken.
        self.rest.is_empty() && self.body.is_end_stream() && (self.state.is_none() || self.is_unread())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> ResponseBody<B> {
    /// Returns `true` if nothing was given yet.
    fn is_unread(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state.sent.load(Ordering::Relaxed) == 0)
    }
}

impl<B> Drop for ResponseBody<B> {
    fn drop(&mut self) {
        self.connection.sub_waiting(self.waiting);
    }
}
