//! What a token is for.

use time::Duration;

/// What a token is for. Bound into the signature, so that it cannot be mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Held by clients, shown to the gateway.
    Access,
    /// Made by auth-svc for the gateway, shown to services in the name of a user.
    Internal,
    /// Made by a service for itself, shown to other services.
    Service,
}

impl Purpose {
    /// The implicit assertion of the signature.
    pub(crate) fn assertion(self) -> &'static [u8] {
        match self {
            Self::Access => b"curtail/access",
            Self::Internal => b"curtail/internal",
            Self::Service => b"curtail/service",
        }
    }

    /// The `aud` claim.
    pub(crate) fn audience(self) -> &'static str {
        match self {
            Self::Access => "gateway",
            Self::Internal | Self::Service => "services",
        }
    }

    /// The longest that a token of this purpose may live; configuration stays within it.
    pub fn max_life(self) -> Duration {
        match self {
            Self::Access => Duration::HOUR,
            Self::Internal | Self::Service => Duration::minutes(5),
        }
    }
}
