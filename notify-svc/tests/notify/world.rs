//! One notify-svc with stores of its own.

use std::time::{Duration, Instant};

use clock::Clock;
use config::Config;
use lifecycle::Shutdown;
use notify_svc::{Outside, Running};
use proto::notify::v1::notify_service_client::NotifyServiceClient;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rpc::{CallContext, Keys, ServiceIdentity};
use time::OffsetDateTime;
use time::macros::datetime;
use tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, Scope, SigningKey, Subject};

/// The time of the service when a test begins.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

pub struct World {
    pub config: Config,
    pub clock: Clock,
    pub running: Running,
    pub shutdown: Shutdown,
    key: SigningKey,
}

impl World {
    pub async fn start() -> Self {
        Self::with(testkit::config().await).await
    }

    pub async fn with(config: Config) -> Self {
        notify_svc::migrate(&config.database).await.unwrap();
        let key = SigningKey::from_seed([5; 32]);
        let (clock, shutdown) = (Clock::manual(NOW), Shutdown::configured(&config.lifecycle));
        let rng = Box::new(StdRng::seed_from_u64(7));
        let outside = Outside { clock: clock.clone(), rng, keys: Keys::Given(KeyRing::of([&key])) };
        let running = notify_svc::start(config.clone(), outside, shutdown.clone()).await.unwrap();
        testkit::until(async || running.readiness.is_ready(), Duration::from_secs(60), "the service is ready").await;
        Self { config, clock, running, shutdown, key }
    }

    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.unwrap();
    }

    pub fn client(&self) -> NotifyServiceClient<rpc::Channel> {
        let identity = ServiceIdentity::new("tests", &self.config.rpc.service_key, self.clock.clone());
        let url = format!("http://{}", self.running.addr);
        NotifyServiceClient::new(rpc::connect("notify", &url, &self.config.rpc, identity).unwrap())
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
        tokens::sign(&self.key, Purpose::Internal, &claims).unwrap()
    }

    /// A request in the name of a service.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        CallContext::new(Instant::now() + Duration::from_secs(10)).read().request(message)
    }
}

/// What an RPC answered.
pub fn answer<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Result<T, rpc::Error> {
    result.map(tonic::Response::into_inner).map_err(|status| rpc::Error::from_status(&status))
}
