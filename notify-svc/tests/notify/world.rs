//! One notify-svc with stores of its own, and an auth-svc for those tests that need people.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::{Config, Secret};
use curtail_lifecycle::Shutdown;
use curtail_proto::notify::v1::notify_service_client::NotifyServiceClient;
use curtail_rpc::{CallContext, Keys, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, Scope, SigningKey, Subject};
use fred::clients::Pool;
use notify_svc::store::messages::{self, Medium, Row};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;

/// The time of the service when a test begins.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

/// How long a condition may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub config: Config,
    pub clock: Clock,
    pub pool: PgPool,
    pub redis: Pool,
    pub running: Running,
    pub shutdown: Shutdown,
    auth: Option<Running<Arc<auth_svc::App>>>,
    key: SigningKey,
}

impl World {
    pub async fn start() -> Self {
        Self::with(curtail_testkit::config().await).await
    }

    /// With mails going to the SMTP server of a URL.
    pub async fn sending_to(url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = curtail_testkit::config().await;
        config.notify.smtp_url = Secret::new(url);
        change(&mut config);
        Self::with(config).await
    }

    pub async fn with(config: Config) -> Self {
        Self::at(config, NOW).await
    }

    /// At another time.
    pub async fn at(config: Config, now: OffsetDateTime) -> Self {
        let (clock, shutdown) = (Clock::manual(now), Shutdown::configured(&config.lifecycle));
        notify_svc::migrate(&config.database).await.unwrap();
        Self::launch(config, clock, shutdown, None).await
    }

    /// With an auth-svc to ask for people.
    pub async fn with_people() -> Self {
        Self::with_people_in(curtail_testkit::config().await).await
    }

    /// With an auth-svc to ask for people, and settings of the test's.
    pub async fn with_people_in(mut config: Config) -> Self {
        let (clock, shutdown) = (Clock::manual(NOW), Shutdown::configured(&config.lifecycle));
        notify_svc::migrate(&config.database).await.unwrap();
        auth_svc::migrate(&config.database).await.unwrap();
        let auth = auth_svc::start(config.clone(), Deps::seeded(clock.clone(), 3), shutdown.clone()).await.unwrap();
        config.rpc.auth_url = format!("http://{}", auth.addr);
        Self::launch(config, clock, shutdown, Some(auth)).await
    }

    async fn launch(
        config: Config,
        clock: Clock,
        shutdown: Shutdown,
        auth: Option<Running<Arc<auth_svc::App>>>,
    ) -> Self {
        let key = SigningKey::from_seed([5; 32]);
        let rng = Box::new(StdRng::seed_from_u64(7));
        let deps = Deps { clock: clock.clone(), rng, keys: Keys::Given(KeyRing::of([&key])) };
        let running = notify_svc::start(config.clone(), deps, shutdown.clone()).await.unwrap();
        curtail_testkit::until(async || running.readiness.is_ready(), PATIENCE, "the service is ready").await;
        let pool = curtail_db::connect(&config.database, notify_svc::SCHEMA).await.unwrap();
        let redis = curtail_streams::connect(&config.redis).await.unwrap();
        Self { config, clock, pool, redis, running, shutdown, auth, key }
    }

    /// A second process beside the first, with the same stores and clock.
    pub async fn twin(&self) -> Running {
        let deps = Deps {
            clock: self.clock.clone(),
            rng: Box::new(StdRng::seed_from_u64(8)),
            keys: Keys::Given(KeyRing::of([&self.key])),
        };
        notify_svc::start(self.config.clone(), deps, self.shutdown.clone()).await.unwrap()
    }

    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.unwrap();
        if let Some(auth) = self.auth {
            auth.join().await.unwrap();
        }
    }

    pub fn client(&self) -> NotifyServiceClient<curtail_rpc::Channel> {
        let identity = ServiceIdentity::new("tests", &self.config.rpc.service_key, self.clock.clone());
        let url = format!("http://{}", self.running.addr);
        NotifyServiceClient::new(curtail_rpc::connect("notify", &url, &self.config.rpc, identity).unwrap())
    }

    /// A request in the name of a user, or of a key of that user when `scopes` are given.
    pub fn request_as<T>(&self, user: i64, scopes: Option<Vec<Scope>>, message: T) -> tonic::Request<T> {
        let token = self.token(user, Role::Owner, 70, scopes);
        CallContext::new(Instant::now() + Duration::from_secs(10)).on_behalf_of(token).read().request(message)
    }

    /// The internal token of a member of a workspace, or of a key of that member when `scopes` are given.
    pub fn token(&self, user: i64, role: Role, workspace: i64, scopes: Option<Vec<Scope>>) -> String {
        let claims = Claims {
            subject: Subject::User(user),
            session_id: scopes.is_none().then_some(1),
            api_key_id: scopes.is_some().then_some(2),
            issued_at: self.clock.now(),
            expires_at: self.clock.now() + time::Duration::minutes(1),
            workspaces: vec![Membership { id: workspace, role, plan: Plan::Free }],
            scopes: scopes.unwrap_or_default(),
            platform_admin: false,
            token_id: "test".into(),
        };
        curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap()
    }

    /// A request in the name of a service.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        CallContext::new(Instant::now() + Duration::from_secs(10)).read().request(message)
    }

    /// Keeps a weekly report for each address, due at once.
    pub async fn enqueue(&self, addresses: &[String]) {
        let rows: Vec<Row> = addresses.iter().map(|address| report(address)).collect();
        messages::add(&self.pool, &rows, self.clock.now()).await.unwrap();
    }

    /// Address and state of every message: 1 waiting, 2 sent, 3 dead, 4 erased.
    pub async fn states(&self) -> Vec<(String, i16)> {
        let query = sqlx::query_as("SELECT address, state FROM messages ORDER BY address, id");
        query.fetch_all(&self.pool).await.unwrap()
    }

    /// Waits until no message waits.
    pub async fn settled(&self) {
        let settled = async || self.states().await.iter().all(|(_, state)| *state != 1);
        curtail_testkit::until(settled, PATIENCE, "no message waits").await;
    }

    /// The mails in the folder: name of the file and bytes, by name.
    pub fn mailbox(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(dir) = std::fs::read_dir(&self.config.notify.mailbox_dir) else { return Vec::new() };
        let mut files: Vec<_> = dir.map(|file| file.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
        files.into_iter().map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
    }
}

/// A weekly report to an address.
pub fn report(address: &str) -> Row {
    let mut id = address.as_bytes().to_vec();
    id.resize(16, 0);
    Row {
        id,
        medium: Medium::Mail,
        kind: "weekly-report".into(),
        user_id: Some(1),
        workspace_id: 70,
        address: address.into(),
        full_name: "Somebody".into(),
        data: json!({
            "week_start": "2026-11-16T00:00:00Z", "clicks": 1, "humans": 1, "uniques": 1, "previous_clicks": 0, "top": [],
        }),
        attempts: 0,
        created_at: NOW,
        error: String::new(),
    }
}

/// What an RPC answered.
pub fn answer<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Result<T, curtail_rpc::Error> {
    result.map(tonic::Response::into_inner).map_err(|status| curtail_rpc::Error::from_status(&status))
}
