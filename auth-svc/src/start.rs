//! From the configuration to a running service.

use std::sync::Arc;
use std::time::Duration;

use curtail_config::{Config, Service};
use curtail_lifecycle::{Latch, Shutdown};
use curtail_proto::auth::v1::auth_service_server::AuthServiceServer;
use curtail_rpc::Verifier;
use curtail_service::{Deps, Running, ServiceHost};
use curtail_streams::{Consumer, topology};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::app::{App, Parts};
use crate::entropy::Entropy;
use crate::rpc::AuthApi;
use crate::{MIGRATOR, SCHEMA, audit_events, mail_worker, maintenance};

/// The pause before another attempt to make the first signing key.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Brings the schema up to date.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    Ok(curtail_db::migrate(database, SCHEMA, &MIGRATOR).await?)
}

/// Binds the ports and starts every task. It verifies callers with its own keys.
///
/// # Errors
/// When a setting is unusable or a port is taken. A missing migration fails [`Running::join`]. Stores that are unavailable
/// are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running<Arc<App>>> {
    let Deps { clock, mut rng, keys: _ } = deps;
    let mut host = ServiceHost::bind(Service::Auth, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;

    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let relay = curtail_streams::Relay::new(pool.clone(), redis.clone(), clock.clone(), &config.streams, SCHEMA);
    let keys_read = host.latch("signing keys");
    let ids = curtail_ids::Generator::new(pool.clone(), "auth-svc", clock.clone(), Some(host.latch("ids")));
    let entropy = Entropy::from(StdRng::from_rng(&mut rng));
    let app = Arc::new(App::new(
        &config,
        Parts { pool: pool.clone(), redis, clock, entropy, ids: ids.clone(), outbox: Some(relay.handle()) },
    )?);
    let consumer = format!("auth {}", config.auth.listen);
    let audit =
        Consumer::new(&config.redis, topology::AUDIT, topology::group::AUTH, &consumer, &config.streams).await?;
    let verifier = Verifier::new(&config.rpc.service_key, app.keys.ring_cache());
    let service = AuthServiceServer::new(AuthApi::new(Arc::clone(&app)));
    host.grpc_verified(listener, verifier, |server| server.add_service(service));

    let own = Arc::clone(&app);
    host.when_migrated(pool, &MIGRATOR, move |tasks| {
        tasks.task("ids", |shutdown| ids.run(shutdown));
        tasks.task("relay", |shutdown| relay.run(shutdown));
        tasks.task("audit entries", |shutdown| audit_events::follow(Arc::clone(&own), audit, shutdown));
        tasks.task("activity", |shutdown| maintenance::write_activity(Arc::clone(&own), shutdown));
        tasks.task("mail requests", |shutdown| mail_worker::run(Arc::clone(&own), shutdown));
        tasks.task("clearing", |shutdown| maintenance::delete_expired(Arc::clone(&own), shutdown));
        tasks.task("signing keys", |shutdown| follow_signing_keys(own, keys_read, shutdown));
    });
    Ok(host.start(app))
}

/// Makes the first signing key if there is none, then follows changes of the keys.
async fn follow_signing_keys(app: Arc<App>, keys_read: Latch, shutdown: Shutdown) -> anyhow::Result<()> {
    while let Err(error) = app.keys.ensure_one(&mut app.entropy.fork()).await {
        tracing::warn!(%error, "no signing key yet");
        if !shutdown.sleep(RETRY_AFTER).await {
            return Ok(());
        }
    }
    keys_read.set(true);
    maintenance::reload_keys(app, shutdown).await
}
