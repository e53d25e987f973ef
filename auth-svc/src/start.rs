//! Starting and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Latch, Readiness, Shutdown, Tasks};
use curtail_proto::auth::v1::auth_service_server::AuthServiceServer;
use curtail_rpc::Verifier;
use curtail_streams::{Consumer, topology};
use tokio::net::TcpListener;

use crate::app::{App, Parts};
use crate::entropy::Entropy;
use crate::rpc::AuthApi;
use crate::{MIGRATOR, SCHEMA, audit_events, mail_worker, maintenance};

/// Between two tries to reach the database at the start.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Brings the schema up to date.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    Ok(curtail_db::migrate(database, SCHEMA, &MIGRATOR).await?)
}

/// A started service.
#[expect(missing_debug_implementations, reason = "tasks have none")]
pub struct Running {
    /// Where gRPC is served.
    pub addr: SocketAddr,
    /// Where health and metrics are.
    pub admin_addr: SocketAddr,
    /// Whether it can be used.
    pub readiness: Readiness,
    /// Its insides, for tests.
    pub app: Arc<App>,
    tasks: Tasks,
}

impl Running {
    /// Waits until the service has stopped.
    ///
    /// # Errors
    /// When a part of it failed.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Runs the service until shutdown begins.
///
/// # Errors
/// When an address is taken, a migration is missing or a part fails.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    start(config, Clock::system(), Entropy::system(), shutdown).await?.join().await
}

/// Binds the ports and starts everything. PostgreSQL and Redis may be unavailable: the service is then up but not ready.
///
/// # Errors
/// When an address is taken or a setting is of no use.
pub async fn start(config: Config, clock: Clock, entropy: Entropy, shutdown: Shutdown) -> anyhow::Result<Running> {
    let readiness = Readiness::new();
    let keys_read = readiness.latch("signing keys");
    let ids_leased = readiness.latch("ids");
    let listener = TcpListener::bind(config.auth.listen).await.context("auth.listen")?;
    let admin = Admin::bind(config.auth.admin_listen, readiness.clone()).await.context("auth.admin_listen")?;
    let (addr, admin_addr) = (listener.local_addr()?, admin.local_addr());

    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let relay = curtail_streams::Relay::new(pool.clone(), redis.clone(), clock.clone(), &config.streams, SCHEMA);
    let ids = curtail_ids::Generator::new(pool.clone(), "auth-svc", clock.clone(), Some(ids_leased));
    let app = Arc::new(App::new(
        &config,
        Parts { pool, redis, clock: clock.clone(), entropy, ids: ids.clone(), outbox: Some(relay.handle()) },
    )?);
    let consumer = format!("auth {}", config.auth.listen);
    let audit =
        Consumer::new(&config.redis, topology::AUDIT, topology::group::AUTH, &consumer, &config.streams).await?;
    let verifier = Verifier::new(&config.rpc.service_key, app.keys.ring_cache());
    let server = curtail_rpc::Server::new("auth", &config.rpc, verifier, clock)
        .add_service(AuthServiceServer::new(AuthApi::new(Arc::clone(&app))));

    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("admin port", admin.serve(shutdown.clone()));
    tasks.spawn("gRPC server", server.serve(listener, readiness.clone(), shutdown.clone()));
    tasks.spawn("database work", {
        let (app, shutdown) = (Arc::clone(&app), shutdown.clone());
        work_with_database(app, ids, relay, audit, keys_read, shutdown)
    });
    tracing::info!(%addr, %admin_addr, "auth-svc is up");
    Ok(Running { addr, admin_addr, readiness, app, tasks })
}

/// Everything that needs the migrated database, once it is there.
async fn work_with_database(
    app: Arc<App>,
    ids: curtail_ids::Generator,
    relay: curtail_streams::Relay,
    audit: Consumer,
    keys_read: Latch,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    tokio::select! {
        migrated = curtail_db::wait_migrated(&app.pool, &MIGRATOR) => migrated?,
        () = shutdown.draining() => return Ok(()),
    }
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("ids", ids.run(shutdown.clone()));
    tasks.spawn("relay", relay.run(shutdown.clone()));
    tasks.spawn("audit entries", audit_events::follow(Arc::clone(&app), audit, shutdown.clone()));
    tasks.spawn("activity", maintenance::write_activity(Arc::clone(&app), shutdown.clone()));
    tasks.spawn("mail requests", mail_worker::run(Arc::clone(&app), shutdown.clone()));
    tasks.spawn("clearing", maintenance::delete_expired(Arc::clone(&app), shutdown.clone()));
    tasks.spawn("signing keys", async move {
        while let Err(error) = app.keys.ensure_one(&mut app.entropy.fork()).await {
            tracing::warn!(%error, "no signing key yet");
            tokio::select! {
                () = tokio::time::sleep(RETRY_AFTER) => {}
                () = shutdown.draining() => return Ok(()),
            }
        }
        keys_read.set(true);
        maintenance::reload_keys(app, shutdown).await
    });
    tasks.join().await
}
