//! From a request to a socket.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::session::{self, SocketHandler, SocketSettings};
use crate::error::{Code, RequestError};

/// The one subprotocol.
const SUBPROTOCOL: &str = "graphql-transport-ws";
/// What is read at once, in bytes. Every socket keeps a buffer of this size; the library's default is 128 KiB.
const READ_BUFFER: usize = 2 * 1024;

/// Returns `true` if the request asks to become a socket.
pub fn is_requested(request: &Request) -> bool {
    request.method() == Method::GET && has_token(request.headers(), header::UPGRADE, "websocket")
}

/// A request to become a socket that fulfils all conditions.
pub struct Upgrade {
    accept: HeaderValue,
    connection: OnUpgrade,
}

impl Upgrade {
    /// Checks the handshake (RFC 6455, section 4.2.1).
    ///
    /// # Errors
    /// `BAD_REQUEST` when a part of it is missing or another subprotocol is asked for.
    pub fn new(request: &mut Request) -> Result<Self, RequestError> {
        let accept = check(request.headers())?;
        Ok(Self { accept, connection: hyper::upgrade::on(request) })
    }

    /// Answers the handshake, and serves the socket in a task of its own.
    pub fn serve<H: SocketHandler>(self, settings: SocketSettings, handler: H) -> Response {
        let Self { accept, connection } = self;
        tokio::spawn(async move {
            let Ok(upgraded) = connection.await else { return };
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .max_message_size(Some(settings.max_message_bytes))
                .max_frame_size(Some(settings.max_message_bytes));
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            session::serve(settings, handler, socket).await;
        });
        switching(&accept)
    }
}

/// The value of `Sec-WebSocket-Accept`, when everything that it takes is there (RFC 6455, section 4.2.1).
fn check(headers: &HeaderMap) -> Result<HeaderValue, RequestError> {
    let bad = |message| Err(RequestError::new(Code::BadRequest, message));
    if !has_token(headers, header::CONNECTION, "upgrade") {
        return bad("Connection: Upgrade is missing");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return bad("Sec-WebSocket-Version must be 13");
    }
    if !has_token(headers, header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return bad("the subprotocol must be graphql-transport-ws");
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    match key.and_then(|accept| HeaderValue::try_from(accept).ok()) {
        Some(accept) => Ok(accept),
        None => bad("Sec-WebSocket-Key is missing"),
    }
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

fn switching(accept: &HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.clone());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_needs_all_of_its_parts() {
        let whole = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let headers = |pairs: &[(&str, &str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
        };
        // The example of RFC 6455, section 1.3.
        assert_eq!(check(&headers(&whole)).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for missing in ["connection", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-key"] {
            let rest: Vec<_> = whole.into_iter().filter(|(name, _)| *name != missing).collect();
            assert_eq!(check(&headers(&rest)).unwrap_err().code, Code::BadRequest, "{missing}");
        }
        let mut legacy = whole;
        legacy[3].1 = "graphql-ws";
        assert!(check(&headers(&legacy)).is_err());
    }
}
