//! Values with their bounds. A value that exists is valid.
//!
//! Nothing here knows the database, the network or the application.

mod client;
mod device_token;
mod email;
mod names;
mod password;
mod refresh_token;
mod session;

pub(crate) use client::ClientInfo;
pub(crate) use device_token::DeviceToken;
pub(crate) use email::Email;
pub(crate) use names::{FullName, WorkspaceName};
pub(crate) use password::Password;
pub(crate) use refresh_token::RefreshToken;
pub(crate) use session::Session;
