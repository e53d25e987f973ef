//! How long the message of a call may be.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::middleware::Next;
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame};
use tonic::Status;

use super::admit::Gate;
use crate::{Code, Error};

/// A flag, and the length of the message as four bytes
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, Length-Prefixed-Message).
const PREFIX: usize = 5;

/// Ends a message that is longer than configured, as soon as it says so. No RPC takes a stream, so the body is one message.
///
/// The library has such a bound too, but its status, OUT_OF_RANGE, would pass for a fault.
pub(super) async fn bound(State(gate): State<Arc<Gate>>, request: Request<Body>, next: Next) -> Response<Body> {
    let bounded = |inner| BoundedMessage {
        inner,
        max_bytes: gate.max_message_bytes,
        prefix: Vec::with_capacity(PREFIX),
        read: 0,
    };
    next.run(request.map(|body| Body::new(bounded(body)))).await
}

struct BoundedMessage {
    inner: Body,
    max_bytes: usize,
    prefix: Vec<u8>,
    read: usize,
}

impl BoundedMessage {
    fn is_too_long(&mut self, piece: &[u8]) -> bool {
        self.read += piece.len();
        let missing = PREFIX - self.prefix.len();
        self.prefix.extend(piece.iter().take(missing));
        let announced = match self.prefix[..] {
            [_, a, b, c, d] => u32::from_be_bytes([a, b, c, d]) as usize,
            _ => 0,
        };
        announced > self.max_bytes || self.read > self.max_bytes + PREFIX
    }
}

impl HttpBody for BoundedMessage {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx)?);
        if frame.as_ref().and_then(Frame::data_ref).is_some_and(|piece| self.is_too_long(piece)) {
            let error = Error::new(Code::Invalid, "MESSAGE_TOO_LONG", "the message is too long");
            return Poll::Ready(Some(Err(Status::from(error).into())));
        }
        Poll::Ready(frame.map(Ok))
    }
}
