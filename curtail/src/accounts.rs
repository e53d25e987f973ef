//! `curtail user` and `curtail keys`: what an operator does directly on the database.

use std::{io::Read as _, path::Path};

use anyhow::{Context as _, ensure};
use auth_svc::admin::{self, AccountState, NewUser};

use crate::{
    cli::{Keys, User},
    settings, terminal,
};

/// The longest password that is read; auth-svc takes less and says so.
const MAX_INPUT_BYTES: u64 = 4096;

/// Creates, promotes, suspends, activates or erases an account.
///
/// # Errors
/// What auth-svc refuses, or that the database is unavailable.
pub(crate) async fn user(dir: &Path, command: User) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    match command {
        User::Create { email, name, password_stdin: _ } => {
            let user = NewUser { email, password: password()?, full_name: name, platform_admin: false };
            let id = admin::create_user(&config, user).await?;
            terminal::say(&format!("Account {id} was created."));
        }
        User::Promote { email } => {
            admin::promote_user(&config, &email).await?;
            terminal::say(&format!("{email} is an administrator of the platform."));
        }
        User::Suspend { email } => {
            admin::set_account_state(&config, &email, AccountState::Suspended).await?;
            terminal::say(&format!("{email} is suspended."));
        }
        User::Activate { email } => {
            admin::set_account_state(&config, &email, AccountState::Active).await?;
            terminal::say(&format!("{email} can be used again."));
        }
        User::Erase { email } => {
            admin::set_account_state(&config, &email, AccountState::Erased).await?;
            terminal::say(&format!("{email} is erased."));
        }
    }
    Ok(())
}

/// Rotates the signing keys.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn keys(dir: &Path, command: Keys) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    config.require_secrets(&["auth.master_key"])?;
    match command {
        Keys::Rotate => {
            let kid = admin::rotate_keys(&config).await?;
            terminal::say(&format!(
                "{kid} signs from in a few seconds on; tokens of older keys stay valid until they expire."
            ));
        }
    }
    Ok(())
}

fn password() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(MAX_INPUT_BYTES).read_to_string(&mut text).context("the password on standard input")?;
    let password = text.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "standard input holds no password");
    Ok(password.to_owned())
}
