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
use curtail_config::Service;
use curtail_lifecycle::Shutdown;

pub use self::cli::Cli;
use self::cli::Command;

/// Runs a command of the operator.
///
/// # Errors
/// A message for the operator.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Up => one_thread()?.block_on(up::run(&cli.dir)).map(|()| ExitCode::SUCCESS),
        Command::Service { name } => threads()?.block_on(service(name)).map(|()| ExitCode::SUCCESS),
        Command::Health { target } => one_thread()?.block_on(health::run(&cli.dir, target)).map(exit_code),
        Command::Migrate => one_thread()?.block_on(migrate(&cli.dir)).map(|()| ExitCode::SUCCESS),
        Command::Doctor => one_thread()?.block_on(doctor::run(&cli.dir)).map(exit_code),
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

fn exit_code(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn service(service: Service) -> anyhow::Result<()> {
    let config = curtail_config::Config::load()?;
    config.require_secrets(service.secrets())?;
    let _telemetry = curtail_telemetry::init(service.name(), &config.telemetry)?;
    let shutdown = Shutdown::from_signals(&config.lifecycle);
    curtail_lifecycle::raise_file_limit();
    services::run(service, config, shutdown).await
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
