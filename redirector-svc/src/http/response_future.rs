//! An answer in the making.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;

use super::visit::PreparedResponse;
use super::{App, Body};
use crate::spool::ClickWrite;

/// Becomes the answer to a request. For a warm code nothing is allocated for it.
pub enum ResponseFuture {
    /// Leaves when its click, if there is one, is written.
    Ready(Option<Response<Body>>, Option<ClickWrite>),
    /// Something must be asked first.
    Later(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>),
}

impl ResponseFuture {
    /// Counts the answer, and lets it leave when its click is written.
    pub(super) fn of(app: &App, prepared: PreparedResponse) -> Self {
        app.metrics.response(prepared.response.status());
        Self::Ready(Some(prepared.response), prepared.click)
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Ready(response, click) => {
                if let Some(click) = click {
                    ready!(Pin::new(click).poll(context));
                }
                Poll::Ready(Ok(response.take().expect("a future is not polled after it was ready")))
            }
            Self::Later(future) => future.as_mut().poll(context),
        }
    }
}
