//! From the configuration to a running service.

use std::net::SocketAddr;

use anyhow::Context as _;
use clock::Clock;
use config::Config;
use lifecycle::{Admin, Readiness, Shutdown, Tasks};

/// A service that has its ports. It stops when its shutdown begins.
pub struct Running {
    /// Where `/health/*` and `/metrics` are served.
    pub admin_addr: SocketAddr,
    /// Whether it is ready.
    pub readiness: Readiness,
    tasks: Tasks,
}

impl Running {
    /// Waits for the end.
    ///
    /// # Errors
    /// When a part failed; then all of it stops.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Runs the service until `shutdown`.
///
/// # Errors
/// When the configuration does not work out or a port is taken. Stores and peers that are away are waited for.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let running = start(config, Clock::system(), shutdown).await?;
    tracing::info!(admin = %running.admin_addr, "sending messages");
    running.join().await
}

/// Takes the ports and starts every task.
///
/// # Errors
/// As for [`run`].
pub async fn start(config: Config, _clock: Clock, shutdown: Shutdown) -> anyhow::Result<Running> {
    let readiness = Readiness::new();
    let admin = Admin::bind(config.notify.admin_listen, readiness.clone()).await.context("notify.admin_listen")?;
    let admin_addr = admin.local_addr();
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("admin", admin.serve(shutdown));
    Ok(Running { admin_addr, readiness, tasks })
}
