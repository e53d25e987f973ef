//! Why there was no answer.

use std::error::Error;

/// Why a request got no answer. The texts are public: they say what the receiver's operator can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The name server knows no address.
    #[error("the host name was not found")]
    NotFound,
    /// The name leads only to addresses that may not be contacted.
    #[error("the host name leads into a private network")]
    Forbidden,
    /// No one takes the connection.
    #[error("no connection could be made")]
    Connect,
    /// The certificate is not valid for the host, or something else than TLS answered.
    #[error("no secure connection could be made")]
    Tls,
    /// The deadline has passed.
    #[error("there was no answer in time")]
    Timeout,
    /// It could not be signed; the fault is ours.
    #[error("the request could not be signed")]
    Unsigned,
    /// The connection ended, or what came was not HTTP.
    #[error("the connection ended without an answer")]
    Broken,
}

impl Failure {
    /// Finds what the connector said in what the client made of it.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return *failure;
            }
            cause = error.source();
        }
        Self::Broken
    }
}
