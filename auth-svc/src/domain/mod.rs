//! Values of the domain with their bounds. Whoever holds one knows that it is valid.

mod account;
mod api_key_text;
mod client;
mod device_token;
mod email;
mod full_name;
mod mail_token;
mod password;
mod refresh_token;
mod workspace_name;

pub use account::{AccountStatus, User};
pub use api_key_text::{ApiKeyText, PREFIX_CHARS};
pub use client::ClientInfo;
pub use device_token::DeviceToken;
pub use email::Email;
pub use full_name::FullName;
pub use mail_token::{MailPurpose, MailToken};
pub use password::Password;
pub use refresh_token::RefreshToken;
pub use workspace_name::WorkspaceName;
