//! A service of its own for each test, and short ways to talk to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_svc::App;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::auth::v1::{
    Client, ExchangeRequest, LoginRequest, LoginResponse, RefreshSessionRequest, RegisterRequest, RegisterResponse,
    TokenPair, auth_service_client::AuthServiceClient, exchange_request::Credential,
};
use curtail_rpc::{CallContext, Error, ServiceIdentity};
use curtail_service::{Deps, Running};
use tonic::{Request, Response, Status};

/// Passes the strength check.
pub const PASSWORD: &str = "violet-otter-stapler-42";

pub type AuthClient = AuthServiceClient<curtail_rpc::Channel>;

/// A running auth-svc. It stops with the test.
pub struct TestApp {
    pub config: Config,
    pub clock: Clock,
    pub service: Running<Arc<App>>,
    shutdown: Shutdown,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub async fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        let app = Self::with_or_without_redis(adjust).await;
        app.counted_in_redis().await;
        app
    }

    /// With other settings, perhaps of a Redis that is unavailable.
    pub async fn with_or_without_redis(adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = curtail_testkit::config().await;
        (config.auth.registrations_ip_per_hour, config.auth.mail_burst) = (1000, 1000);
        adjust(&mut config);
        auth_svc::migrate(&config.database).await.unwrap();
        let app = Self::start(config, Clock::manual(Clock::system().now())).await;
        app.ready().await;
        app
    }

    /// Waits until limits are counted in Redis, where tries can be given back and the test's clock counts.
    async fn counted_in_redis(&self) {
        curtail_testkit::until(async || self.state().limits.is_shared(), Duration::from_secs(20), "Redis is connected")
            .await;
    }

    /// Starts a service on whatever the settings name; it may not get ready.
    pub async fn start(config: Config, clock: Clock) -> Self {
        let shutdown = Shutdown::new();
        let service =
            auth_svc::start(config.clone(), Deps { clock: clock.clone(), ..Deps::system() }, shutdown.clone())
                .await
                .unwrap();
        Self { config, clock, service, shutdown }
    }

    /// Waits until it can be used; Redis is not needed for that.
    pub async fn ready(&self) {
        curtail_testkit::until(
            async || self.service.readiness.is_ready(),
            Duration::from_secs(20),
            "auth-svc is ready",
        )
        .await;
    }

    /// Moves the time. A jump outlives the lease on the worker number of ids, so it is waited for the next one.
    pub async fn advance(&self, step: time::Duration) {
        self.clock.advance(step);
        curtail_testkit::until(
            async || self.state().next_id().is_ok(),
            Duration::from_secs(20),
            "ids can be made again",
        )
        .await;
    }

    pub fn state(&self) -> &auth_svc::App {
        &self.service.app
    }

    /// A client that calls in the name of the gateway.
    pub fn client(&self) -> AuthClient {
        let identity = ServiceIdentity::new("gateway", &self.config.rpc.service_key, self.clock.clone());
        let url = format!("http://{}", self.service.addr);
        AuthServiceClient::new(curtail_rpc::connect("auth", &url, &self.config.rpc, identity).unwrap())
    }

    pub async fn register(&self, email: &str) -> RegisterResponse {
        self.try_register(email, PASSWORD, "Ada Lovelace").await.unwrap()
    }

    pub async fn try_register(&self, email: &str, password: &str, name: &str) -> Result<RegisterResponse, Error> {
        let request = RegisterRequest {
            email: email.into(),
            password: password.into(),
            full_name: name.into(),
            client: client("192.0.2.1", ""),
        };
        answer(self.client().register(as_service(request)).await)
    }

    pub async fn login(&self, email: &str, password: &str, ip: &str, device: &str) -> Result<LoginResponse, Error> {
        let request = LoginRequest { email: email.into(), password: password.into(), client: client(ip, device) };
        answer(self.client().login(as_service(request)).await)
    }

    pub async fn refresh(&self, refresh_token: &str) -> Result<TokenPair, Error> {
        let request = RefreshSessionRequest { refresh_token: refresh_token.into(), client: client("192.0.2.2", "") };
        answer(self.client().refresh_session(as_service(request)).await).map(|answer| answer.tokens.unwrap())
    }

    /// The internal token of a credential.
    pub async fn exchange(&self, credential: Credential) -> Result<String, Error> {
        let request = ExchangeRequest { credential: Some(credential), client: None };
        answer(self.client().exchange(as_service(request)).await).map(|answer| answer.internal_token)
    }

    pub async fn internal(&self, pair: &TokenPair) -> String {
        self.exchange(Credential::AccessToken(pair.access_token.clone())).await.unwrap()
    }

    /// Whether the session's access token is still taken.
    pub async fn is_signed_in(&self, pair: &TokenPair) -> bool {
        self.exchange(Credential::AccessToken(pair.access_token.clone())).await.is_ok()
    }

    pub async fn execute(&self, sql: &'static str, id: i64) {
        sqlx::query(sql).bind(id).execute(&self.state().pool).await.unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.begin();
        self.shutdown.abort();
    }
}

pub fn client(ip: &str, device: &str) -> Option<Client> {
    Some(Client { ip: ip.into(), user_agent: "Firefox".into(), device: device.into() })
}

pub fn as_service<T>(message: T) -> Request<T> {
    context().request(message)
}

pub fn as_user<T>(internal_token: &str, message: T) -> Request<T> {
    context().on_behalf_of(internal_token).request(message)
}

fn context() -> CallContext {
    CallContext::new(Instant::now() + Duration::from_secs(10))
}

pub fn answer<T>(result: Result<Response<T>, Status>) -> Result<T, Error> {
    result.map(Response::into_inner).map_err(|status| Error::from_status(&status))
}

/// The reason of a refusal.
#[track_caller]
pub fn reason<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.reason.into_owned(),
    }
}

/// Reason and field of a refusal.
#[track_caller]
pub fn blame<T>(result: Result<T, Error>) -> (String, String) {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => (error.reason.into_owned(), error.field.unwrap_or_default().into_owned()),
    }
}
