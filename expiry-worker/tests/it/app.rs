//! A shortener-svc with links, and workers that run its jobs, on one clock that the test moves.

use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::*;
use curtail_rpc::{CallContext, Keys, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};
use prost::Message as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::PgPool;

pub const WORKSPACE: i64 = 7;

/// Longer than anything here takes.
pub const SOON: Duration = Duration::from_secs(30);

pub struct TestApp {
    pub config: Config,
    pub clock: Clock,
    pub upkeep: PgPool,
    key: SigningKey,
    links: LinkServiceClient<curtail_rpc::Channel>,
    shortener: Running,
    shutdown: Shutdown,
}

/// A worker. It is killed when it is dropped.
pub struct Worker {
    pub running: Running,
    shutdown: Shutdown,
}

impl Worker {
    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.unwrap();
    }
}

impl TestApp {
    pub async fn start() -> Self {
        let mut config = curtail_testkit::config().await;
        shortener_svc::migrate(&config.database).await.unwrap();
        expiry_worker::migrate(&config.database).await.unwrap();
        let (clock, shutdown) = (Clock::manual(Clock::system().now()), Shutdown::configured(&config.lifecycle));
        let key = SigningKey::from_seed([5; 32]);
        let rng = Box::new(StdRng::seed_from_u64(17));
        let deps = Deps { clock: clock.clone(), rng, keys: Keys::Given(KeyRing::of([&key])) };
        let shortener = shortener_svc::start(config.clone(), deps, shutdown.clone()).await.unwrap();
        tokio::time::timeout(SOON, shortener.readiness.ready()).await.expect("ready in time");
        config.rpc.links_url = format!("http://{}", shortener.addr);
        let identity = ServiceIdentity::new("tests", &config.rpc.service_key, clock.clone());
        let channel = curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity).unwrap();
        let upkeep = curtail_db::connect(&config.database, expiry_worker::SCHEMA).await.unwrap();
        Self { config, clock, upkeep, key, links: LinkServiceClient::new(channel), shortener, shutdown }
    }

    /// A worker that is ready.
    pub async fn worker(&self) -> Worker {
        let shutdown = Shutdown::configured(&self.config.lifecycle);
        let running = expiry_worker::start(self.config.clone(), Deps::seeded(self.clock.clone(), 18), shutdown.clone())
            .await
            .unwrap();
        tokio::time::timeout(SOON, running.readiness.ready()).await.expect("ready in time");
        Worker { running, shutdown }
    }

    /// Makes links that expire an hour from now.
    pub async fn links(&self, count: usize) -> Vec<i64> {
        let at = self.clock.now() + time::Duration::HOUR;
        let expires_at = Some(prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 });
        let link = |n| NewLink { url: format!("https://site.example/{n}"), expires_at, ..NewLink::default() };
        let links = (0..count).map(link).collect();
        let request = BatchCreateLinksRequest { workspace_id: WORKSPACE, links, ..Default::default() };
        let made = self.links.clone().batch_create_links(self.as_editor(request)).await.unwrap().into_inner();
        let id = |outcome| match outcome {
            batch_create_links_response::Outcome {
                result: Some(batch_create_links_response::outcome::Result::Link(link)),
                ..
            } => link.id,
            other => panic!("{other:?}"),
        };
        made.outcomes.into_iter().map(id).collect()
    }

    pub async fn delete(&self, id: i64) {
        self.links.clone().delete_link(self.as_editor(DeleteLinkRequest { id, version: 0 })).await.unwrap();
    }

    fn as_editor<T>(&self, message: T) -> tonic::Request<T> {
        let now = self.clock.now();
        let claims = Claims {
            subject: Subject::User(1),
            session_id: Some(1),
            api_key_id: None,
            issued_at: now,
            expires_at: now + time::Duration::minutes(5),
            workspaces: vec![Membership { id: WORKSPACE, role: Role::Editor, plan: Plan::Free }],
            scopes: Vec::new(),
            platform_admin: false,
            token_id: "t".to_owned(),
        };
        let token = curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap();
        CallContext::new(Instant::now() + SOON).on_behalf_of(token).request(message)
    }

    /// The links of all `link.expired` events that are written, in order.
    pub async fn expired(&self) -> Vec<i64> {
        let pool = curtail_db::connect(&self.config.database, shortener_svc::SCHEMA).await.unwrap();
        let rows: Vec<Vec<u8>> =
            sqlx::query_scalar("select payload from outbox order by seq").fetch_all(&pool).await.unwrap();
        let expired = |row: Vec<u8>| match Envelope::decode(row.as_slice()).unwrap().payload {
            Some(Payload::LinkExpired(fact)) => fact.snapshot?.target.map(|target| target.link_id),
            _ => None,
        };
        rows.into_iter().filter_map(expired).collect()
    }

    /// Cause, outcome and counts of the recorded runs of a job.
    pub async fn runs(&self, job: &str) -> Vec<(String, String, String)> {
        sqlx::query_as("select cause, outcome, coalesce(counts::text, '') from runs where job = $1 order by id")
            .bind(job)
            .fetch_all(&self.upkeep)
            .await
            .unwrap()
    }

    pub async fn stop(self) {
        self.stop_shortener();
        self.shortener.join().await.unwrap();
    }

    pub fn stop_shortener(&self) {
        self.shutdown.begin();
    }
}
