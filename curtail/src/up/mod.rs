//! `curtail up`: the whole platform on one machine.
//!
//! Everything lives in one directory, held by a lock. The launcher starts a private PostgreSQL and Redis (unless the operator
//! names others), migrates, starts each service as a child of its own and keeps all of them running. It runs on one thread on
//! purpose: children are tied to the life of the thread that made them, so that even `kill -9` of the launcher stops
//! them, and the next `up` waits until they are gone.
//!
//! It stops from the outside in: what the public reaches, then the services behind it, then the stores, so that each can still finish
//! what it has in hand.

mod environment;
mod logs;
mod ports;
pub(crate) mod postgres;
mod process;
mod redis;
mod report;
pub(crate) mod secrets;
mod supervise;
mod workdir;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, bail};
use curtail_config::{Config, Service, Variables};
use rustix::process::Signal;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

pub(crate) use self::environment::reachable;
use self::{ports::Ports, postgres::Postgres, process::Spec, redis::Redis, supervise::Group, workdir::WorkDir};
use crate::{
    health::{self, Health},
    services, settings, terminal,
};

/// How long everything may take to become ready.
const START: Duration = Duration::from_secs(90);

/// Runs until SIGTERM or SIGINT. Must be driven by the main thread (see the module).
///
/// # Errors
/// When something cannot be started; what was started is stopped again.
pub(crate) async fn run(dir: &Path) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let work = WorkDir::open(dir)?;
    process::wait_for_stale(&work.path("run")).await?;

    let platform = Platform { work, stores: Group::new(), backends: Group::new(), edges: Group::new() };
    let outcome = tokio::select! {
        outcome = platform.run(dir) => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    platform.work.forget_ready();
    terminal::say("Stopping.");
    platform.edges.stop().await;
    platform.backends.stop().await;
    platform.stores.stop().await;
    outcome
}

struct Platform {
    work: WorkDir,
    stores: Group,
    backends: Group,
    edges: Group,
}

impl Platform {
    /// Starts everything, says so, and then shows warnings until it is dropped.
    async fn run(&self, dir: &Path) -> anyhow::Result<()> {
        let mut ports = Ports::load(&self.work);
        let configured = Config::load_over(&Variables::new())?;
        let mut variables = environment::choose(&self.work, &configured, &mut ports)?;
        let stores = self.start_stores(&mut ports, &mut variables).await?;
        ports.save(&self.work)?;
        self.work.write_private("environment", &settings::render(&variables))?;
        let config = Config::load_over(&variables)?;

        services::migrate(&config.database).await.context("migrating the database")?;
        let mut logs = Vec::new();
        for service in Service::ALL {
            let spec = self.service(service, &variables, &config)?;
            logs.push((service.name(), spec.log.clone()));
            match service {
                Service::Gateway | Service::Redirector => self.edges.add(spec),
                Service::Auth
                | Service::Shortener
                | Service::Analytics
                | Service::Search
                | Service::Notify
                | Service::Expiry => self.backends.add(spec),
            }
        }
        self.wait_until_ready(&config).await?;
        terminal::say(&report::render(&config, dir, &stores));
        self.work.mark_ready()?;
        let mut warnings: tokio::task::JoinSet<()> =
            logs.into_iter().map(|(name, log)| logs::watch(name, log)).collect();
        while warnings.join_next().await.is_some() {}
        Ok(())
    }

    /// Starts the stores that the operator did not name, adds their addresses to `variables` and returns them for showing.
    async fn start_stores(
        &self,
        ports: &mut Ports,
        variables: &mut Variables,
    ) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut rng = secrets::system_rng();
        let mut shown = Vec::new();
        let mut publish = |name: &str, variable: &str, url: &str| -> anyhow::Result<()> {
            let path = self.work.write_private(&format!("secrets/{name}"), url)?;
            variables.insert(variable.to_owned(), path.display().to_string());
            Ok(())
        };
        let database = if environment::names_store("database") {
            shown.push(("PostgreSQL", "as DATABASE_URL says".to_owned()));
            None
        } else {
            let port = ports.choose_local("postgres", 15_432)?;
            let (_, password) = secrets::ensure(&self.work, "postgres_password", &mut rng)?;
            let server = Postgres::prepare(&self.work, port, password)?;
            publish("database_url", "DATABASE_URL_FILE", &server.url())?;
            shown.push((
                "PostgreSQL",
                format!("127.0.0.1:{port} (password in {})", self.work.path("secrets").display()),
            ));
            self.stores.add(server.spec(&self.work));
            Some(server)
        };
        let redis = if environment::names_store("redis") {
            shown.push(("Redis", "as REDIS_URL says".to_owned()));
            None
        } else {
            let port = ports.choose_local("redis", 16_379)?;
            let (_, password) = secrets::ensure(&self.work, "redis_password", &mut rng)?;
            let server = Redis::prepare(&self.work, port, password)?;
            publish("redis_url", "REDIS_URL_FILE", &server.url())?;
            shown.push(("Redis", format!("127.0.0.1:{port}")));
            self.stores.add(server.spec(&self.work));
            Some(server)
        };
        if let Some(server) = database {
            server.wait().await?;
        }
        if let Some(server) = redis {
            server.wait().await?;
        }
        Ok(shown)
    }

    fn service(&self, service: Service, variables: &Variables, config: &Config) -> anyhow::Result<Spec> {
        let name = service.name();
        let program =
            std::env::current_exe()?.into_os_string().into_string().ok().context("our own path is not Unicode")?;
        let grace = Duration::from_millis(config.lifecycle.drain_delay_ms + config.lifecycle.drain_timeout_ms);
        Ok(Spec {
            name,
            command: vec![program, "service".into(), name.into()],
            variables: variables.clone(),
            directory: None,
            stop_signal: Signal::TERM,
            run_as: None,
            log: self.work.fresh_log(name),
            pid_file: self.work.path(&format!("run/{name}.pid")),
            patience: grace + Duration::from_secs(5),
        })
    }

    async fn wait_until_ready(&self, config: &Config) -> anyhow::Result<()> {
        let (client, deadline) = (reqwest::Client::builder().no_proxy().build()?, Instant::now() + START);
        for service in Service::ALL {
            let address = reachable(service.admin_listen(config));
            loop {
                let health = health::request(&client, address).await;
                if health == Health::Ready {
                    break;
                }
                if Instant::now() > deadline {
                    let log = self.work.path(&format!("logs/{}.log", service.name()));
                    match health {
                        Health::Waiting(what) => bail!("{} waits for: {what}. See {}", service.name(), log.display()),
                        _ => bail!("{} does not answer. See {}", service.name(), log.display()),
                    }
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }
}
