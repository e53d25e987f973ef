//! The `curtail` command: [`up`] runs the platform on one machine, the others administer it wherever it runs.

mod accounts;
mod cli;
mod demo;
mod dlq;
mod doctor;
mod health;
mod jobs;
mod link;
mod mail;
mod path;
mod redis;
mod reindex;
mod services;
pub mod settings;
pub mod terminal;
mod up;

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use curtail_lifecycle::Shutdown;

pub use self::cli::Cli;
use self::{cli::Command, services::Service};

/// Runs a command of the operator.
///
/// # Errors
/// What went wrong, in words for him.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Up => one_thread()?.block_on(up::run(&cli.dir)).map(|()| ExitCode::SUCCESS),
        Command::Service { name } => threads()?.block_on(service(name)).map(|()| ExitCode::SUCCESS),
        Command::Migrate => one_thread()?.block_on(migrate(&cli.dir)).map(|()| ExitCode::SUCCESS),
        Command::Doctor => {
            let well = one_thread()?.block_on(doctor::run(&cli.dir))?;
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::User(command) => one_thread()?.block_on(accounts::user(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Keys(command) => one_thread()?.block_on(accounts::keys(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Dlq(command) => one_thread()?.block_on(dlq::run(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Link(command) => one_thread()?.block_on(link::run(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Job(command) => one_thread()?.block_on(jobs::run(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Reindex => one_thread()?.block_on(reindex::run(&cli.dir)).map(|()| ExitCode::SUCCESS),
        Command::Mail(command) => one_thread()?.block_on(mail::run(&cli.dir, command)).map(|()| ExitCode::SUCCESS),
        Command::Demo => one_thread()?.block_on(demo::run(&cli.dir)).map(|()| ExitCode::SUCCESS),
    }
}

async fn service(service: Service) -> anyhow::Result<()> {
    let config = curtail_config::Config::load()?;
    config.require_secrets(service.secrets())?;
    let _telemetry = curtail_telemetry::init(service.name(), &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    service.run(config, shutdown).await
}

async fn migrate(dir: &Path) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    services::migrate(&config.database).await?;
    terminal::say("The database is up to date.");
    Ok(())
}

fn one_thread() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")
}

fn threads() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}
