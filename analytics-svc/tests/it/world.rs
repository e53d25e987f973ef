//! One analytics-svc with stores of its own.

use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::analytics::v1::analytics_service_client::AnalyticsServiceClient;
use curtail_proto::analytics::v1::{
    AnalyticsScope, BatchGetTotalsRequest, LinkKey, QueryAnalyticsRequest, QueryAnalyticsResponse, Totals,
};
use curtail_rpc::Keys;
use curtail_rpc::{CallContext, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, Scope, SigningKey, Subject};
use fred::clients::Pool;
use prost_types::Timestamp;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;

use super::publish::Expected;

/// The time of the service in all tests.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

/// The workspace that the user of [`World::token`] belongs to.
pub const WORKSPACE: i64 = 70;

pub struct World {
    pub config: Config,
    pub clock: Clock,
    pub pool: PgPool,
    pub redis: Pool,
    pub running: Running,
    pub shutdown: Shutdown,
    key: SigningKey,
}

/// Who calls.
#[derive(Clone)]
pub struct Who {
    pub role: Role,
    pub workspace: i64,
    pub scopes: Option<Vec<Scope>>,
}

impl World {
    /// Its days are folded when a test does it.
    pub async fn start() -> Self {
        let mut config = curtail_testkit::config().await;
        config.analytics.fold_after_hours = 87_600;
        Self::with(config).await
    }

    pub async fn with(mut config: Config) -> Self {
        config.analytics.shard_lease_ms = 1_000;
        analytics_svc::migrate(&config.database).await.unwrap();
        let key = SigningKey::from_seed([5; 32]);
        let (clock, shutdown) = (Clock::manual(NOW), Shutdown::configured(&config.lifecycle));
        let rng = Box::new(rand::make_rng::<rand::rngs::StdRng>());
        let deps = Deps { clock: clock.clone(), rng, keys: Keys::Given(KeyRing::of([&key])) };
        let running = analytics_svc::start(config.clone(), deps, shutdown.clone()).await.unwrap();
        let pool = curtail_db::connect(&config.database, "analytics").await.unwrap();
        let redis = curtail_streams::connect(&config.redis).await.unwrap();
        Self { config, clock, pool, redis, running, shutdown, key }
    }

    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.unwrap();
    }

    pub fn client(&self) -> AnalyticsServiceClient<curtail_rpc::Channel> {
        AnalyticsServiceClient::new(self.channel())
    }

    pub fn channel(&self) -> curtail_rpc::Channel {
        let identity = ServiceIdentity::new("tests", &self.config.rpc.service_key, self.clock.clone());
        let url = format!("http://{}", self.running.addr);
        curtail_rpc::connect("analytics", &url, &self.config.rpc, identity).unwrap()
    }

    /// The internal token of a user.
    pub fn token(&self, who: &Who) -> String {
        let claims = Claims {
            subject: Subject::User(1),
            session_id: who.scopes.is_none().then_some(1),
            api_key_id: who.scopes.is_some().then_some(2),
            issued_at: NOW,
            expires_at: NOW + time::Duration::minutes(1),
            workspaces: vec![Membership { id: who.workspace, role: who.role, plan: Plan::Free }],
            scopes: who.scopes.clone().unwrap_or_default(),
            platform_admin: false,
            token_id: "test".into(),
        };
        curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap()
    }

    /// A request in the name of a viewer of [`WORKSPACE`].
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        self.request_as(&Who { role: Role::Viewer, workspace: WORKSPACE, scopes: None }, message)
    }

    pub fn request_as<T>(&self, who: &Who, message: T) -> tonic::Request<T> {
        let due = Instant::now() + Duration::from_secs(10);
        CallContext::new(due).on_behalf_of(self.token(who)).read().request(message)
    }

    pub async fn query(&self, request: QueryAnalyticsRequest) -> Result<QueryAnalyticsResponse, curtail_rpc::Error> {
        let answer = self.client().query_analytics(self.request(request)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| curtail_rpc::Error::from_status(&status))
    }

    pub async fn lifetime(&self, link_id: i64) -> Totals {
        let links = vec![LinkKey { link_id, workspace_id: WORKSPACE }];
        let answer = self.client().batch_get_totals(self.request(BatchGetTotalsRequest { links })).await.unwrap();
        answer.into_inner().totals[0].totals.unwrap_or_default()
    }

    /// Clicks of a workspace by link and hour, as the rollups have them.
    pub async fn hours(&self, workspace: i64) -> Expected {
        let rows: Vec<(i64, OffsetDateTime, i64, i64)> = sqlx::query_as(
            "SELECT link_id, at, sum(clicks)::bigint, sum(humans)::bigint FROM clicks_by_hour \
             WHERE workspace_id = $1 GROUP BY 1, 2",
        )
        .bind(workspace)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(link, at, clicks, humans)| ((link, at.unix_timestamp() * 1000), (clicks, humans)))
            .collect()
    }

    pub async fn raw_rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM clicks").fetch_one(&self.pool).await.unwrap()
    }
}

/// A question about the whole of [`WORKSPACE`].
pub fn question(from: OffsetDateTime, until: OffsetDateTime) -> QueryAnalyticsRequest {
    QueryAnalyticsRequest {
        scope: Some(AnalyticsScope { workspace_id: WORKSPACE, of: None }),
        from: Some(timestamp(from)),
        until: Some(timestamp(until)),
        top: 10,
        ..QueryAnalyticsRequest::default()
    }
}

pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: at.unix_timestamp(), nanos: 0 }
}

pub fn ms(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000
}
