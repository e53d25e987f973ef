//! A whole platform for one test.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::{Envelope, envelope::Payload};
use curtail_service::{Deps, Running};
use fred::interfaces::StreamsInterface as _;
use gateway::reload::Reloader;
use prost::Message as _;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A password that passes the strength check.
pub const PASSWORD: &str = "correct horse battery staple 42";

/// Services and gateway on ports of their own. They stop when it is dropped.
pub struct Platform {
    pub url: String,
    pub http: reqwest::Client,
    /// With the addresses that were chosen.
    pub config: Config,
    clock: Clock,
    shutdown: Shutdown,
    /// shortener-svc has an end of its own, so that a test can restart it.
    links: Option<(Running, Shutdown)>,
    gateway: Running<Reloader>,
    /// The services end with their handles.
    _services: (Running<Arc<auth_svc::App>>, Running, Running, Running),
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.shutdown.abort();
        if let Some((_, shutdown)) = &self.links {
            shutdown.abort();
        }
    }
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// The code of the first error, or nothing.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// The cookies that were set, as `Cookie` wants them.
    pub fn cookies(&self) -> String {
        let pairs =
            self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()?.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }
}

impl Platform {
    /// Starts the services and a gateway whose settings `change` may alter, and waits until all are ready.
    pub async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(Clock::system(), change).await
    }

    /// The same on a clock of the test's.
    pub async fn start_at(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = curtail_testkit::config().await;
        (config.gateway.ip_per_second, config.gateway.anonymous_per_minute) = (0, 100_000);
        (config.auth.registrations_ip_per_hour, config.auth.mail_burst) = (1000, 1000);
        change(&mut config);
        auth_svc::migrate(&config.database).await.unwrap();
        shortener_svc::migrate(&config.database).await.unwrap();
        analytics_svc::migrate(&config.database).await.unwrap();
        notify_svc::migrate(&config.database).await.unwrap();

        let shutdown = Shutdown::new();
        let deps = Deps { clock: clock.clone(), ..Deps::system() };
        let auth = auth_svc::start(config.clone(), deps, shutdown.clone()).await.unwrap();
        config.rpc.auth_url = format!("http://{}", auth.addr);
        let deps = || Deps::seeded(clock.clone(), 7);
        let (links, links_shutdown) = start_links(&config, &clock).await;
        let analytics = analytics_svc::start(config.clone(), deps(), shutdown.clone()).await.unwrap();
        let notify = notify_svc::start(config.clone(), deps(), shutdown.clone()).await.unwrap();
        config.rpc.links_url = format!("http://{}", links.addr);
        config.shortener.listen = links.addr;
        config.rpc.analytics_url = format!("http://{}", analytics.addr);
        config.rpc.notify_url = format!("http://{}", notify.addr);
        let search = search_worker::start(config.clone(), deps(), shutdown.clone()).await.unwrap();
        config.rpc.search_url = format!("http://{}", search.addr);
        let gateway = gateway::start(config.clone(), Deps { clock: clock.clone(), ..Deps::system() }, shutdown.clone())
            .await
            .unwrap();
        let backends = [&auth.readiness, &links.readiness, &analytics.readiness, &notify.readiness, &search.readiness];
        let all = backends.into_iter().chain([&gateway.readiness]).collect::<Vec<_>>();
        let ready = async || all.iter().all(|readiness| readiness.is_ready());
        curtail_testkit::until(ready, Duration::from_secs(60), "the platform is ready").await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let url = format!("http://{}", gateway.addr);
        let links = Some((links, links_shutdown));
        Self { url, http, config, clock, shutdown, links, gateway, _services: (auth, analytics, notify, search) }
    }

    /// Stops shortener-svc, waits for its end, and starts it again where it was.
    pub async fn restart_links(&mut self) {
        let (running, shutdown) = self.links.take().unwrap();
        shutdown.begin();
        running.join().await.unwrap();
        let (running, shutdown) = start_links(&self.config, &self.clock).await;
        let ready = async || running.readiness.is_ready();
        curtail_testkit::until(ready, Duration::from_secs(20), "shortener-svc is ready again").await;
        self.links = Some((running, shutdown));
    }

    /// The first fact on the stream `accounts` that `pick` takes: what a mail would say.
    pub async fn mailed<T>(&self, pick: impl Fn(Payload) -> Option<T>) -> T {
        let redis = curtail_streams::connect(&self.config.redis).await.unwrap();
        let mut found = None;
        let look = async || {
            type Entries = Vec<(String, HashMap<String, Vec<u8>>)>;
            let entries: Entries = redis.xrange_values("accounts", "-", "+", None).await.unwrap_or_default();
            let envelopes = entries
                .iter()
                .map(|(_, fields)| Envelope::decode(fields[curtail_streams::ENVELOPE_FIELD].as_slice()).unwrap());
            found = envelopes.filter_map(|envelope| envelope.payload).find_map(&pick);
            found.is_some()
        };
        curtail_testkit::until(look, Duration::from_secs(10), "the mail is due").await;
        found.unwrap()
    }

    /// Gives the running gateway other settings than those it started with.
    pub async fn reload(&self, change: impl FnOnce(&mut Config)) -> anyhow::Result<Vec<&'static str>> {
        let mut config = self.config.clone();
        change(&mut config);
        self.gateway.app.reload(config).await
    }

    /// What ends it.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Begins to stop, as at the first signal.
    pub fn stop(&self) {
        self.shutdown.begin();
        if let Some((_, shutdown)) = &self.links {
            shutdown.begin();
        }
    }

    /// A POST to `/graphql` with `query` and `variables`.
    pub fn post(&self, query: &str, variables: Value) -> RequestBuilder {
        self.post_at(&self.url, query, variables)
    }

    /// The same to another gateway.
    pub fn post_at(&self, url: &str, query: &str, variables: Value) -> RequestBuilder {
        self.http
            .post(format!("{url}/graphql"))
            .header("accept", "application/graphql-response+json")
            .json(&json!({"query": query, "variables": variables}))
    }

    /// An anonymous operation.
    pub async fn ask(&self, query: &str) -> Answer {
        Answer::of(self.post(query, json!({}))).await
    }

    /// Registers `name` and gives the cookies of the session.
    pub async fn register(&self, name: &str) -> String {
        let query = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code message } } }";
        let input = json!({"email": format!("{name}@example.org"), "password": PASSWORD, "fullName": name});
        let answer = Answer::of(self.post(query, json!({"input": input}))).await;
        assert_eq!(answer.body["data"]["register"]["userErrors"], json!([]), "{answer:?}");
        answer.cookies()
    }

    /// An operation with the cookies of a session, from one of our pages.
    pub async fn as_page(&self, cookies: &str, query: &str, variables: Value) -> Answer {
        let request = self.post(query, variables).header("cookie", cookies).header("sec-fetch-site", "same-origin");
        Answer::of(request).await
    }
}

async fn start_links(config: &Config, clock: &Clock) -> (Running, Shutdown) {
    let shutdown = Shutdown::new();
    (shortener_svc::start(config.clone(), Deps::seeded(clock.clone(), 7), shutdown.clone()).await.unwrap(), shutdown)
}
