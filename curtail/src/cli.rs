//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use curtail_config::Service;
use curtail_streams::EntryId;

/// Runs Curtail on one machine and administers it.
#[derive(Debug, Parser)]
#[command(name = "curtail", version)]
pub struct Cli {
    /// Where `up` keeps its data and the addresses that it chose, which the other commands read.
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
        /// Its name.
        #[arg(value_parser = service())]
        name: Service,
    },
    /// Ask one service whether it is ready: exit status 0 or 1. For the health checks of containers.
    Health {
        /// The name of a service, or the address of its admin port (`127.0.0.1:9001`).
        #[arg(value_name = "SERVICE|ADDRESS")]
        target: Target,
    },
    /// Bring the database up to date with this version.
    Migrate,
    /// Check every dependency and suggest a remedy for each problem.
    Doctor,
    /// Manage accounts.
    #[command(subcommand)]
    User(User),
    /// Block links of others and release them.
    #[command(subcommand)]
    Link(Link),
    /// Manage signing keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Inspect and redrive dead letters: events that could not be processed.
    #[command(subcommand)]
    Dlq(Dlq),
    /// List and run periodic jobs.
    #[command(subcommand)]
    Job(Job),
    /// Rebuild the search index from the links. Searches are served meanwhile.
    Reindex,
    /// Preview mails and redrive those that could not be sent.
    #[command(subcommand)]
    Mail(Mail),
    /// Create an account with a dozen links and a month of clicks.
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
    /// Suspend an account until it is activated again, and end its sessions.
    Suspend {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
    /// Reactivate a suspended account.
    Activate {
        /// Address of the account.
        #[arg(long)]
        email: String,
    },
    /// Erase an account permanently, with every workspace that has no other member.
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
    /// Create a new signing key. Tokens signed with the old one stay valid until they expire.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Show the state of every job.
    List,
    /// Run a job now, whether it is due or not.
    Run {
        /// Its name, as `list` shows it.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dlq {
    /// Count dead letters by stream, group and reason. With a stream, list each of them.
    List {
        /// For example `links`.
        stream: Option<String>,
    },
    /// Show a dead letter with its event.
    Show {
        /// The stream that it comes from.
        stream: String,
        /// Its id, as `list` shows it.
        id: EntryId,
    },
    /// Deliver dead letters again, only to the group that could not process them.
    Redrive {
        /// The stream that they come from.
        stream: String,
        #[command(flatten)]
        which: Letters,
    },
    /// Delete dead letters.
    Drop {
        /// The stream that they come from.
        stream: String,
        #[command(flatten)]
        which: Letters,
    },
}

/// A selection of the dead letters of a stream.
#[derive(Debug, Args)]
pub(crate) struct Letters {
    /// Their ids, as `list` shows them.
    pub(crate) ids: Vec<EntryId>,
    /// All that exist now.
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
    /// With `--all`: only those of this group.
    #[arg(long, requires = "all")]
    pub(crate) group: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mail {
    /// Show a mail or a text message with made-up data.
    Preview {
        /// The kind, for example `weekly-report`.
        kind: String,
        /// Show the HTML body instead of subject and text.
        #[arg(long)]
        html: bool,
        /// Show the text message instead of the mail.
        #[arg(long, conflicts_with = "html")]
        sms: bool,
    },
    /// List the messages that could not be sent, the latest first.
    Dead,
    /// Send messages again that could not be sent.
    Redrive {
        /// The id of one message.
        id: Option<String>,
        /// All of them.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

/// The service whose health is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Service(Service),
    Address(SocketAddr),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let service = text.parse().map(Self::Service);
        service.or_else(|_| text.parse().map(Self::Address)).map_err(|_| {
            let names: Vec<_> = Service::ALL.iter().map(|service| service.name()).collect();
            format!("neither an address such as 127.0.0.1:9001 nor one of {}", names.join(", "))
        })
    }
}

fn service() -> impl clap::builder::TypedValueParser<Value = Service> {
    PossibleValuesParser::new(Service::ALL.map(Service::name)).try_map(|name| name.parse::<Service>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_service_can_be_run_and_asked_for_its_health() {
        for service in Service::ALL {
            let cli = Cli::try_parse_from(["curtail", "service", service.name()]).unwrap();
            assert!(matches!(cli.command, Command::Service { name } if name == service));
            let cli = Cli::try_parse_from(["curtail", "health", service.name()]).unwrap();
            assert!(matches!(cli.command, Command::Health { target } if target == Target::Service(service)));
        }
        let cli = Cli::try_parse_from(["curtail", "health", "[::1]:9001"]).unwrap();
        let address = "[::1]:9001".parse().unwrap();
        assert!(matches!(cli.command, Command::Health { target } if target == Target::Address(address)));
        assert!(Cli::try_parse_from(["curtail", "service", "auth-svc"]).is_err());
        assert!(Cli::try_parse_from(["curtail", "health", "auth-svc"]).is_err());
    }

    #[test]
    fn the_page_for_operators_lists_every_command_and_service() {
        let page = include_str!("../../docs/operate/operations.md");
        for command in Cli::command().get_subcommands().map(|command| command.get_name()) {
            assert!(page.contains(&format!("| `curtail {command}")), "{command} is not in operations.md");
        }
        let line = page.lines().find(|line| line.starts_with("| `curtail service")).unwrap();
        for service in Service::ALL {
            assert!(line.contains(&format!("`{service}`")), "{service} is not in operations.md");
        }
    }
}
