//! What auth-svc decides, one file a subject. Each use case is a function over [`crate::App`].

pub mod accounts;
pub mod activity;
pub mod api_keys;
pub mod audit;
pub mod erasure;
pub mod events;
pub mod exchange;
pub mod export;
pub mod invitations;
pub mod issuer;
pub mod keys;
pub mod limits;
pub mod lockout;
pub mod login;
pub mod mail_requests;
pub mod members;
pub mod password_reset;
pub mod passwords;
pub mod registration;
pub mod seal;
pub mod sessions;
pub mod strength;
pub mod upkeep;
pub mod verification;
pub mod workspaces;
