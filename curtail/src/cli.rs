//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::services::Service;

/// Runs Curtail on one machine and administers it.
#[derive(Debug, Parser)]
#[command(name = "curtail", version)]
pub struct Cli {
    /// Where `up` keeps its data, and where the other commands look for what it chose.
    #[arg(long, global = true, env = "CURTAIL_DIR", default_value = ".curtail", value_name = "DIRECTORY")]
    pub dir: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything on this machine and stop it on Ctrl-C.
    Up,
    /// Run one service in the foreground, as its own binary does.
    Service {
        /// Which one.
        name: Service,
    },
    /// Bring the database up to date with this version.
    Migrate,
    /// Check each dependency and say what to do.
    Doctor,
    /// Accounts.
    #[command(subcommand)]
    User(User),
    /// Signing keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Make an account with a dozen links and a month of clicks to look at.
    Demo,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Create an account. The password is read from standard input.
    Create {
        /// Address of the account.
        #[arg(long)]
        email: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Confirms that the password comes from standard input: an argument would show it to every process.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Make an account an administrator of the platform.
    Promote {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new signing key. Tokens signed with the old one stay valid until they expire.
    Rotate,
}
