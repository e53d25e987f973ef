//! The time and the rate of a request body.

use std::error::Error;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use crate::{Bounds, metrics};

/// A body that fails once it is slower than [`Bounds`] allow.
pub struct RequestBody {
    body: Incoming,
    timeout: Duration,
    bytes_per_second: u64,
    received: u64,
    begun: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

/// The body came more slowly than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyTooSlow;

impl fmt::Display for BodyTooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body did not arrive in time")
    }
}

impl Error for BodyTooSlow {}

impl RequestBody {
    pub(crate) fn new(body: Incoming, bounds: &Bounds) -> Self {
        Self {
            body,
            timeout: bounds.body_timeout,
            bytes_per_second: bounds.body_bytes_per_second.max(1),
            received: 0,
            begun: Instant::now(),
            timer: None,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
                this.received += data.map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let due = this.begun + this.timeout + Duration::from_millis(this.received * 1000 / this.bytes_per_second);
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due.into())));
        if timer.deadline().into_std() != due {
            timer.as_mut().reset(due.into());
        }
        ready!(timer.as_mut().poll(context));
        metrics::body_too_slow();
        Poll::Ready(Some(Err(BodyTooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
