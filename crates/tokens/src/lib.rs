//! Signed tokens of Curtail: PASETO v4.public (Ed25519) with a key ring.
//!
//! Three kinds exist, distinguished by [`Purpose`]: what a client shows to the gateway, what the gateway shows to the
//! services on behalf of a user, and what a service shows for itself. The purpose is the implicit assertion of the
//! signature and the audience of the claims, so that a token of one kind can never pass for another.
//!
//! The footer names the key by its PASERK id (`k4.pid.…`) and nothing else. A key is only ever taken from the
//! [`KeyRing`], never from the token. Time is an argument of [`verify`]: pasetors' own claim rules read the system's
//! clock, therefore the crate verifies the signature with pasetors and checks the claims itself.
//!
//! Specification: <https://github.com/paseto-standard/paseto-spec>.

mod access;
mod claims;
mod error;
mod key;
mod purpose;
mod ring;
mod token;
mod wire;

pub use access::{Plan, Role, Scope};
pub use claims::{Claims, Membership, Subject};
pub use error::TokenError;
pub use key::SigningKey;
pub use purpose::Purpose;
pub use ring::KeyRing;
pub use token::{LEEWAY, MAX_FOOTER_BYTES, MAX_TOKEN_BYTES, sign, verify};
