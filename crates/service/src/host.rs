//! From bound ports to a running service.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::{Config, Service};
use curtail_lifecycle::{Admin, Latch, Readiness, Shutdown, Tasks};
use curtail_rpc::{Keys, Server, ServiceIdentity, Verifier};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

/// A service that is being put together. Its tasks run from the moment they are given; its health is served from
/// [`ServiceHost::start`] on, when every condition of readiness is known.
pub struct ServiceHost {
    service: Service,
    rpc: curtail_config::Rpc,
    listen: Option<SocketAddr>,
    clock: Clock,
    addr: SocketAddr,
    admin: Admin,
    readiness: Readiness,
    shutdown: Shutdown,
    tasks: Tasks,
}

/// A service that has its ports. It stops when its shutdown begins.
pub struct Running<T = ()> {
    /// Where callers reach it. A service without a listener of its own has only its admin port.
    pub addr: SocketAddr,
    /// Where `/health/*` and `/metrics` are served.
    pub admin_addr: SocketAddr,
    /// Whether it is ready.
    pub readiness: Readiness,
    /// What the service gives to its owner, such as a handle for tests.
    pub app: T,
    tasks: Tasks,
}

impl<T> Running<T> {
    /// Waits for the end.
    ///
    /// # Errors
    /// When a task failed; then all of them stop.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

impl ServiceHost {
    /// Binds the admin port of `service`.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(service: Service, config: &Config, clock: &Clock, shutdown: Shutdown) -> anyhow::Result<Self> {
        let (readiness, address) = (Readiness::new(), service.admin_listen(config));
        let admin = Admin::bind(address, readiness.clone())
            .await
            .with_context(|| bind_failed(service, "admin_listen", address))?;
        Ok(Self {
            service,
            rpc: config.rpc.clone(),
            listen: service.listen(config),
            clock: clock.clone(),
            addr: admin.local_addr(),
            admin,
            readiness,
            tasks: Tasks::new(shutdown.clone()),
            shutdown,
        })
    }

    /// Binds the port of the service itself.
    ///
    /// # Errors
    /// When the port is taken.
    ///
    /// # Panics
    /// When the service has no port of its own.
    pub async fn listen(&mut self) -> anyhow::Result<TcpListener> {
        let address = self.listen.expect("a service that listens has a key `listen`");
        let listener =
            TcpListener::bind(address).await.with_context(|| bind_failed(self.service, "listen", address))?;
        self.addr = listener.local_addr()?;
        Ok(listener)
    }

    /// As [`ServiceHost::listen`] for a service that binds its port itself, several times for example.
    ///
    /// # Errors
    /// Those of `bind`, with the key and the address.
    ///
    /// # Panics
    /// When the service has no port of its own.
    pub fn listen_with<L>(
        &mut self,
        bind: impl FnOnce(SocketAddr) -> std::io::Result<(L, SocketAddr)>,
    ) -> anyhow::Result<L> {
        let address = self.listen.expect("a service that listens has a key `listen`");
        let (listener, addr) = bind(address).with_context(|| bind_failed(self.service, "listen", address))?;
        self.addr = addr;
        Ok(listener)
    }

    /// Where the service is reached: its own port once that is bound, else the admin port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What tells this process from others in the database: the service, its address and its process number.
    pub fn instance(&self) -> String {
        format!("{} {} pid {}", self.service.name(), self.addr, std::process::id())
    }

    /// Adds a condition of readiness that is not met yet.
    pub fn latch(&self, name: &'static str) -> Latch {
        self.readiness.latch(name)
    }

    /// For tasks that are built with the shutdown instead of taking it when they run.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Signs the calls of this service to others.
    pub fn identity(&self) -> ServiceIdentity {
        ServiceIdentity::new(self.service.name(), &self.rpc.service_key, self.clock.clone())
    }

    /// Starts a task that runs until the process drains.
    pub fn task<F>(&mut self, name: &'static str, run: impl FnOnce(Shutdown) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.tasks.spawn(name, run(self.shutdown.clone()));
    }

    /// Starts tasks once the database has every migration of `migrator`. Waits for a database that is unavailable; a
    /// missing migration ends the process.
    pub fn when_migrated(
        &mut self,
        pool: PgPool,
        migrator: &'static Migrator,
        start: impl FnOnce(&mut Tasks) + Send + 'static,
    ) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn("database tasks", async move {
            tokio::select! {
                migrated = curtail_db::wait_migrated(&pool, migrator) => migrated?,
                () = shutdown.draining() => return Ok(()),
            }
            let mut tasks = Tasks::new(shutdown);
            start(&mut tasks);
            tasks.join().await
        });
    }

    /// Serves gRPC to callers that `keys` verify. Fetched keys are a condition of readiness.
    ///
    /// # Errors
    /// When `rpc.auth_url` is not a URL.
    pub fn grpc(
        &mut self,
        listener: TcpListener,
        keys: Keys,
        services: impl FnOnce(Server) -> Server,
    ) -> anyhow::Result<()> {
        let (name, shutdown) = (self.service.name(), self.shutdown.clone());
        let keys = keys.cache(name, &self.rpc, &self.clock, &self.readiness, &mut self.tasks, &shutdown)?;
        self.grpc_verified(listener, Verifier::new(&self.rpc.service_key, keys), services);
        Ok(())
    }

    /// Serves gRPC to callers that `verifier` accepts.
    pub fn grpc_verified(
        &mut self,
        listener: TcpListener,
        verifier: Verifier,
        services: impl FnOnce(Server) -> Server,
    ) {
        let server = services(Server::new(self.service.name(), &self.rpc, verifier, self.clock.clone()));
        self.tasks.spawn("grpc", server.serve(listener, self.readiness.clone(), self.shutdown.clone()));
    }

    /// Serves health and metrics. Every latch must have been made before.
    pub fn start<T>(mut self, app: T) -> Running<T> {
        let (addr, admin_addr) = (self.addr, self.admin.local_addr());
        self.tasks.spawn("admin", self.admin.serve(self.shutdown));
        tracing::info!(%addr, admin = %admin_addr, "service started");
        Running { addr, admin_addr, readiness: self.readiness, app, tasks: self.tasks }
    }
}

fn bind_failed(service: Service, key: &str, address: SocketAddr) -> String {
    format!("{}.{key}: cannot listen on {address}", service.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_key_and_address() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let (mut config, clock) = (Config::for_tests(), Clock::system());
        config.search.listen = address;
        let mut host = ServiceHost::bind(Service::Search, &config, &clock, Shutdown::new()).await.unwrap();
        let error = format!("{:#}", host.listen().await.unwrap_err());
        assert_eq!(error, format!("search.listen: cannot listen on {address}: Address already in use (os error 98)"));

        config.search.admin_listen = address;
        let error = ServiceHost::bind(Service::Search, &config, &clock, Shutdown::new()).await.err().unwrap();
        assert!(format!("{error:#}").starts_with(&format!("search.admin_listen: cannot listen on {address}: ")));
    }

    #[tokio::test]
    async fn a_service_runs_its_tasks_until_its_shutdown() {
        let (config, clock, shutdown) = (Config::for_tests(), Clock::system(), Shutdown::new());
        let mut host = ServiceHost::bind(Service::Expiry, &config, &clock, shutdown.clone()).await.unwrap();
        let latch = host.latch("work");
        host.task("work", |shutdown| async move {
            latch.set(true);
            shutdown.draining().await;
            Ok(())
        });
        let running = host.start(());
        running.readiness.ready().await;
        shutdown.begin();
        running.join().await.unwrap();
    }
}
