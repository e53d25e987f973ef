//! From a request to a socket.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use curtail_edge::RequestOrigin;
use curtail_proto::auth::v1::Client;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::session;
use crate::app::App;
use crate::auth::Credential;
use crate::error::{Code, Refusal};
use crate::http::exchange::Shown;
use crate::http::request_log::Seen;
use crate::live::ConnectionPermit;

/// The one subprotocol.
const SUBPROTOCOL: &str = "graphql-transport-ws";
/// What is read at once, in bytes. Every socket keeps a buffer of this size; the library's default is 128 KiB.
const READ_BUFFER: usize = 2 * 1024;

/// What the handshake told of the client.
pub(super) struct Guest {
    /// The credential in a header or, from our pages, in a cookie.
    pub(super) credential: Option<Credential>,
    /// What was seen of the client.
    pub(super) client: Client,
    /// The request.
    pub(super) seen: Arc<Seen>,
    /// Held as long as the socket is open.
    pub(super) permit: ConnectionPermit,
}

/// Whether the request wants to become a socket.
pub fn is_asked(request: &Request) -> bool {
    request.method() == Method::GET && has_token(request.headers(), header::UPGRADE, "websocket")
}

/// Answers the handshake and serves the socket.
///
/// # Errors
/// When it is none that we can take, a page of another origin asks, or too many sockets are open.
pub fn accept(app: &App, seen: &Arc<Seen>, mut request: Request) -> Result<Response, Refusal> {
    let headers = request.headers();
    let key = check(headers)?;
    let Shown { credential, origin, client, .. } = Shown::read(app, seen, headers)?;
    // Browsers send cookies along with whatever page opens a socket, and never hide where it came from.
    if origin == RequestOrigin::Foreign {
        return Err(Refusal::new(Code::CrossSite, "this origin may not open a socket"));
    }
    let guest = Guest { credential, client, seen: seen.clone(), permit: app.shared.connections.acquire()? };
    let (app, upgrade) = (app.clone(), hyper::upgrade::on(&mut request));
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let longest = app.settings.max_body_bytes;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        session::serve(app, guest, socket).await;
    });
    Ok(switching(&key))
}

/// The value of `Sec-WebSocket-Accept`, when everything that it takes is there (RFC 6455, section 4.2.1).
fn check(headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let bad = |message| Err(Refusal::new(Code::BadRequest, message));
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
