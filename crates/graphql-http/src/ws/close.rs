//! Why a socket is closed, in the numbers of the protocol.

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Why the server closes a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Close {
    /// The server stops; the client may reconnect at once.
    GoingAway,
    /// Not a message of the protocol.
    BadMessage(&'static str),
    /// An operation before `connection_init`.
    Unauthorized,
    /// The credential is refused, or has ended. A client with a fresh one may reconnect.
    Forbidden(&'static str),
    /// No `connection_init` in time.
    InitTimeout,
    /// An operation under an id that is in use.
    DuplicateId(String),
    /// A second `connection_init`, or too many sockets.
    TooMany(&'static str),
    /// The server failed, or something that it needs is unavailable; the client may reconnect.
    TryAgain,
}

impl Close {
    /// The frame that says so. Reasons fit into the 123 bytes that a close frame has for them.
    pub fn frame(&self) -> CloseFrame {
        let (code, reason) = match self {
            Self::GoingAway => (1001, "Going away, come back".to_owned()),
            Self::TryAgain => (1013, "Try again later".to_owned()),
            Self::BadMessage(what) => (4400, (*what).to_owned()),
            Self::Unauthorized => (4401, "Unauthorized".to_owned()),
            Self::Forbidden(why) => (4403, (*why).to_owned()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::TooMany(what) => (4429, (*what).to_owned()),
        };
        CloseFrame { code: CloseCode::from(code), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::message::MAX_ID;

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let frame = Close::DuplicateId("x".repeat(MAX_ID)).frame();
        assert_eq!(u16::from(frame.code), 4409);
        assert!(frame.reason.len() <= 123, "{}", frame.reason.len());
    }
}
