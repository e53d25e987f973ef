//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use curtail_streams::EntryId;

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
    /// Run one service in the foreground.
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
    /// Take-downs of links.
    #[command(subcommand)]
    Link(Link),
    /// Signing keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Dead letters: events that could not be handled.
    #[command(subcommand)]
    Dlq(Dlq),
    /// Jobs: what is done again and again.
    #[command(subcommand)]
    Job(Job),
    /// Build the search index anew from the links, while searches go on.
    Reindex,
    /// Mails: what they look like, and those that could not be sent.
    #[command(subcommand)]
    Mail(Mail),
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
    /// Refuse an account until it is activated again, and end its sessions.
    Suspend {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
    /// Let a suspended account be used again.
    Activate {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
    /// Erase an account for good, with every workspace that nobody else belongs to.
    Erase {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Link {
    /// Take a link down: it answers 451, and its members cannot change it.
    Block {
        /// The short URL, a code of the default domain, or `id:` with the id.
        link: String,
        /// Why, for operators only.
        #[arg(long)]
        reason: String,
        /// What the owner and visitors read.
        #[arg(long)]
        public_reason: Option<String>,
    },
    /// End the take-down of a link.
    Release {
        /// As for `block`.
        link: String,
        /// Why, for operators only.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show the take-downs and releases of a link.
    History {
        /// As for `block`.
        link: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new signing key. Tokens signed with the old one stay valid until they expire.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Tell how each stands.
    List,
    /// Run one now, whether it is due or not.
    Run {
        /// Which one, as `list` calls it.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dlq {
    /// Count them by stream, group and reason; of one stream, list each.
    List {
        /// For example `links`.
        stream: Option<String>,
    },
    /// Show one with its event.
    Show {
        /// The stream that it comes from.
        stream: String,
        /// Its id, as `list` tells it.
        id: EntryId,
    },
    /// Hand some out once more, to the group that could not handle them and to no other.
    Redrive {
        /// The stream that they come from.
        stream: String,
        #[command(flatten)]
        which: Letters,
    },
    /// Throw some away.
    Drop {
        /// The stream that they come from.
        stream: String,
        #[command(flatten)]
        which: Letters,
    },
}

/// Which dead letters of a stream.
#[derive(Debug, Args)]
pub(crate) struct Letters {
    /// Their ids, as `list` tells them.
    pub(crate) ids: Vec<EntryId>,
    /// All that are there now.
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
    /// Of all, those of this group.
    #[arg(long, requires = "all")]
    pub(crate) group: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mail {
    /// Show a mail or a text message with made-up data.
    Preview {
        /// The kind, for example `weekly-report`.
        kind: String,
        /// The HTML body instead of subject and text.
        #[arg(long)]
        html: bool,
        /// The text message instead of the mail.
        #[arg(long, conflicts_with = "html")]
        sms: bool,
    },
    /// List the messages that were given up, the latest first.
    Dead,
    /// Send messages that were given up once more.
    Redrive {
        /// Which one.
        id: Option<String>,
        /// All of them.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}
