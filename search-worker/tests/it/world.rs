//! A search-worker beside a shortener-svc, each with stores of the test's own.

use std::time::{Duration, Instant};

use bytes::Bytes;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkSnapshot, LinkUpdated};
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::{Link, Tag};
use curtail_proto::search::v1::search_service_client::SearchServiceClient;
use curtail_proto::search::v1::*;
use curtail_rpc::{CallContext, Keys, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, Scope, SigningKey, Subject};
use fred::clients::Pool;
use prost::Message as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::engines;

/// The time at the start of each test.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
pub const WORKSPACE: i64 = 70;
pub const OTHER_WORKSPACE: i64 = 71;
/// How long a broken build takes to fail.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub config: Config,
    pub clock: Clock,
    pub redis: Pool,
    pub search: Running,
    pub links: Running,
    key: SigningKey,
    links_shutdown: Shutdown,
    search_shutdown: Shutdown,
}

impl World {
    /// Both services, ready.
    pub async fn start() -> Self {
        Self::with(curtail_testkit::config().await).await
    }

    pub async fn with(config: Config) -> Self {
        let world = Self::unready(config).await;
        world.ready().await;
        world
    }

    /// Both services, begun.
    pub async fn unready(mut config: Config) -> Self {
        config.streams.claim_idle_ms = 1_000;
        config.plans.free.links_per_month = 100_000;
        shortener_svc::migrate(&config.database).await.unwrap();
        let (key, clock) = (SigningKey::from_seed([5; 32]), Clock::manual(NOW));
        let links_shutdown = Shutdown::configured(&config.lifecycle);
        let deps = Deps {
            clock: clock.clone(),
            rng: Box::new(StdRng::seed_from_u64(17)),
            keys: Keys::Given(KeyRing::of([&key])),
        };
        let links = shortener_svc::start(config.clone(), deps, links_shutdown.clone()).await.unwrap();
        config.rpc.links_url = format!("http://{}", links.addr);
        let (search, search_shutdown) = search(&config, &clock, &key).await;
        let redis = curtail_streams::connect(&config.redis).await.unwrap();
        Self { config, clock, redis, search, links, key, links_shutdown, search_shutdown }
    }

    /// Another world, on an index of its own in the same engine.
    pub async fn beside(&self) -> Self {
        let mut config = curtail_testkit::config().await;
        config.search.elasticsearch_url = self.config.search.elasticsearch_url.clone();
        config.search.elasticsearch_index = engines::fresh_index();
        Self::with(config).await
    }

    async fn ready(&self) {
        let ready = async || self.search.readiness.is_ready() && self.links.readiness.is_ready();
        curtail_testkit::until(ready, PATIENCE, "both services are ready").await;
    }

    /// Stops search-worker, lets `meanwhile` happen, and starts it again.
    pub async fn restart_search(mut self, meanwhile: impl AsyncFnOnce(&Config)) -> Self {
        self.search_shutdown.begin();
        self.search.join().await.unwrap();
        meanwhile(&self.config).await;
        (self.search, self.search_shutdown) = search(&self.config, &self.clock, &self.key).await;
        self.ready().await;
        self
    }

    pub async fn stop(self) {
        self.search_shutdown.begin();
        self.search.join().await.unwrap();
        self.links_shutdown.begin();
        self.links.join().await.unwrap();
    }

    pub fn client(&self) -> SearchServiceClient<curtail_rpc::Channel> {
        let identity = ServiceIdentity::new("tests", &self.config.rpc.service_key, self.clock.clone());
        let url = format!("http://{}", self.search.addr);
        SearchServiceClient::new(curtail_rpc::connect("search", &url, &self.config.rpc, identity).unwrap())
    }

    pub fn links_client(&self) -> LinkServiceClient<curtail_rpc::Channel> {
        let identity = ServiceIdentity::new("tests", &self.config.rpc.service_key, self.clock.clone());
        LinkServiceClient::new(
            curtail_rpc::connect("links", &self.config.rpc.links_url, &self.config.rpc, identity).unwrap(),
        )
    }

    /// A request in the name of a user with this role in `workspace`; with scopes it is an API key.
    pub fn request_as<T>(&self, workspace: i64, role: Role, scopes: Option<&[Scope]>, message: T) -> tonic::Request<T> {
        let now = self.clock.now();
        let claims = Claims {
            subject: Subject::User(1),
            session_id: scopes.is_none().then_some(1),
            api_key_id: scopes.map(|_| 2),
            issued_at: now,
            expires_at: now + time::Duration::minutes(5),
            workspaces: vec![Membership { id: workspace, role, plan: Plan::Free }],
            scopes: scopes.unwrap_or_default().to_vec(),
            platform_admin: false,
            token_id: "test".into(),
        };
        let token = curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap();
        CallContext::new(Instant::now() + Duration::from_secs(10)).on_behalf_of(token).read().request(message)
    }

    /// A request in the name of an owner of the workspace.
    pub fn request<T>(&self, workspace: i64, message: T) -> tonic::Request<T> {
        self.request_as(workspace, Role::Owner, None, message)
    }

    /// A request in the name of a service.
    pub fn service_request<T>(&self, message: T) -> tonic::Request<T> {
        CallContext::new(Instant::now() + Duration::from_secs(10)).read().request(message)
    }

    pub async fn ask(&self, request: SearchLinksRequest) -> Result<SearchLinksResponse, curtail_rpc::Error> {
        let answer = self.client().search_links(self.request(request.workspace_id, request)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| curtail_rpc::Error::from_status(&status))
    }

    /// Ids of what is found in [`WORKSPACE`].
    pub async fn find(&self, text: &str) -> Vec<i64> {
        self.ask(asking(text)).await.unwrap().hits.iter().map(|hit| hit.link_id).collect()
    }

    /// Waits until exactly these are found.
    pub async fn finds(&self, text: &str, ids: &[i64]) {
        curtail_testkit::until(async || self.find(text).await == ids, PATIENCE, &format!("{text:?} finds {ids:?}"))
            .await;
    }

    /// Publishes a snapshot as shortener-svc would.
    pub async fn publish(&self, link: &Link) {
        self.publish_raw(event(link)).await;
    }

    /// Publishes an entry whatever is in it.
    pub async fn publish_raw(&self, payload: Vec<u8>) {
        curtail_streams::append(&self.redis, "links", vec![("e", Bytes::from(payload))]).await.unwrap();
    }

    /// Waits until nothing is left to do for search-worker.
    pub async fn drained(&self) {
        let drained = async || {
            let lags = curtail_streams::lag(&self.redis, "links").await.unwrap();
            lags.iter().any(|lag| lag.group == "search" && lag.waiting == Some(0) && lag.pending == 0)
        };
        curtail_testkit::until(drained, PATIENCE, "every event is acknowledged").await;
    }

    /// All that is answered to some questions about [`WORKSPACE`], for comparing indexes.
    pub async fn everything(&self) -> Vec<SearchLinksResponse> {
        let mut answers = Vec::new();
        for text in ["", "spring", "sprng", "sale n", "shop", "notes"] {
            answers.push(self.ask(SearchLinksRequest { limit: 100, ..asking(text) }).await.unwrap());
        }
        answers
    }

    /// Waits for the build `number` to end and gives what became of it.
    pub async fn built(&self, number: u64) -> Reindex {
        let progress = async || {
            let answer = self.client().get_reindex(self.service_request(GetReindexRequest {})).await.unwrap();
            answer.into_inner().reindex.unwrap()
        };
        curtail_testkit::until(
            async || {
                let progress = progress().await;
                progress.number >= number && !progress.running
            },
            PATIENCE,
            "the index is built",
        )
        .await;
        progress().await
    }

    /// Asks for a build of the index.
    pub async fn reindex(&self) -> Reindex {
        let answer = self.client().start_reindex(self.service_request(StartReindexRequest {})).await.unwrap();
        answer.into_inner().reindex.unwrap()
    }
}

async fn search(config: &Config, clock: &Clock, key: &SigningKey) -> (Running, Shutdown) {
    let shutdown = Shutdown::configured(&config.lifecycle);
    let deps = Deps::seeded(clock.clone(), 18).with_keys(Keys::Given(KeyRing::of([key])));
    (search_worker::start(config.clone(), deps, shutdown.clone()).await.unwrap(), shutdown)
}

/// A search in [`WORKSPACE`].
pub fn asking(text: &str) -> SearchLinksRequest {
    SearchLinksRequest { workspace_id: WORKSPACE, text: text.to_owned(), limit: 20, ..SearchLinksRequest::default() }
}

/// The first version of a link of [`WORKSPACE`] with a title.
pub fn link(id: i64, title: &str) -> Link {
    Link {
        id,
        workspace_id: WORKSPACE,
        version: 1,
        domain: "go.example".into(),
        code: format!("code{id}"),
        url: "https://target.example/".into(),
        title: title.into(),
        ..Link::default()
    }
}

/// Tags by name.
pub fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| Tag { name: (*name).into(), ..Tag::default() }).collect()
}

/// The event that a link is now so.
pub fn event(link: &Link) -> Vec<u8> {
    let snapshot = Some(LinkSnapshot { link: Some(link.clone()), target: None });
    let payload = Some(Payload::LinkUpdated(LinkUpdated { snapshot }));
    Envelope { event_id: vec![1; 16], workspace_id: link.workspace_id, payload, ..Envelope::default() }.encode_to_vec()
}
