//! How long a request may be.

use std::error::Error;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use curtail_listener::BodyTooSlow;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::app::App;
use crate::error::{Code, Refusal};
use crate::overload::NoPlace;

/// Refuses header blocks over the bound. The server itself has a larger one, past which it can only hang up.
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = app.settings.max_header_bytes;
    if block_bytes(&request) > limit {
        let refusal = Refusal::new(Code::HeadersTooLarge, "the headers are longer than allowed").limit(limit);
        return refusal.into_response();
    }
    next.run(request).await
}

/// The length of request line and headers as HTTP/1.1 writes them.
fn block_bytes(request: &Request) -> usize {
    let line = request.method().as_str().len() + request.uri().to_string().len() + " HTTP/1.1\r\n ".len();
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    line + headers
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `BODY_TOO_LARGE`, before anything is read when the request admits it; `BAD_REQUEST` when the body does not arrive whole.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(Code::BodyTooLarge, "the body is longer than allowed").limit(limit);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large());
    }
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(cause::<NoPlace>(&*error).map_or_else(|| incomplete(&*error), |no_place| no_place.0.clone())),
    }
}

fn incomplete(error: &(dyn Error + 'static)) -> Refusal {
    let message = match cause::<BodyTooSlow>(error) {
        Some(_) => "the body did not arrive in time",
        None => "the body did not arrive whole",
    };
    Refusal::new(Code::BadRequest, message)
}

/// The cause of this type among `error` and what it wraps.
fn cause<'a, E: Error + 'static>(mut error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    loop {
        match error.downcast_ref() {
            Some(cause) => return Some(cause),
            None => error = error.source()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound_and_not_one_byte_further() {
        let none = HeaderMap::new();
        assert_eq!(read_body(&none, Body::from("1234"), 4).await.unwrap(), "1234");
        assert_eq!(read_body(&none, Body::from("12345"), 4).await.unwrap_err().code, Code::BodyTooLarge);
        let announced = HeaderMap::from_iter([(header::CONTENT_LENGTH, 5.into())]);
        let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read_body(&announced, never, 4).await.unwrap_err().code, Code::BodyTooLarge);
    }
}
