//! Why a token or a key is refused.

/// Why a token or a key is refused. The texts are for logs: a client learns only that its token is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`crate::MAX_TOKEN_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not a v4.public token with payload and footer.
    #[error("not a v4.public token with a footer")]
    Malformed,
    /// The footer is longer than [`crate::MAX_FOOTER_BYTES`] or not exactly `{"kid": …}`.
    #[error("the footer is not a key id alone")]
    Footer,
    /// The key ring has no key of the footer's id.
    #[error("the key is not in the ring")]
    UnknownKey,
    /// The signature does not fit key, content and purpose.
    #[error("the signature is not valid")]
    Signature,
    /// The payload is not one of ours.
    #[error("the claims are not understood")]
    Claims,
    /// `iss` is not Curtail.
    #[error("the issuer is another")]
    Issuer,
    /// `aud` is not the purpose's.
    #[error("the audience is another")]
    Audience,
    /// A user's token where a service's is meant, or the other way round.
    #[error("the subject does not fit the purpose")]
    Subject,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `exp` is further from `iat` than the purpose allows, or not after it.
    #[error("the token lives longer than its purpose allows")]
    Life,
    /// Not a usable Ed25519 key.
    #[error("the key is not usable")]
    Key,
}
