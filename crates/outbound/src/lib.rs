//! Requests to addresses that users entered, which must not become requests into our own network.
//!
//! Two steps, both needed. [`Rules::check`] reads the URL when it is entered: scheme, port, no credentials, no literal address
//! of a forbidden network. [`Client`] asks the name server itself for each new connection, lets pass only addresses that
//! [`Rules::permits`], and connects to exactly those: a name that is public when it is checked and private a moment later (DNS
//! rebinding) gains nothing. It follows no redirect, uses no proxy, sends no cookie, and everything it does has an end: the
//! whole exchange has a deadline, the answer a length.
//!
//! What was rejected: to check the name before an ordinary client looks it up once more (the two answers may differ), and a
//! filtering proxy (one more thing to run on a single machine).
//!
//! The same client serves addresses that the operator entered, with [`Rules::of_operator`].

mod client;
mod connect;
mod failure;
mod networks;
mod resolve;
mod rules;
mod tls;

pub use client::{Answer, Client, Limits};
pub use failure::Failure;
pub use resolve::{Resolver, Table};
pub use rules::{MAX_URL_BYTES, Refusal, Rules};
pub use tls::authorities;
