//! A server whose one RPC does as its request says, and ways to call it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Latch, Readiness, Shutdown};
use curtail_proto::search::v1::{
    GetReindexRequest, GetReindexResponse, SearchLinksRequest, SearchLinksResponse, StartReindexRequest,
    StartReindexResponse,
    search_service_client::SearchServiceClient,
    search_service_server::{SearchService, SearchServiceServer},
};
use curtail_rpc::{CallContext, Caller, Channel, Code, Error, KeyRingCache, ServiceIdentity, Verifier};
use curtail_tokens::{Claims, KeyRing, Plan, Purpose, Role, SigningKey, Subject};
use time::OffsetDateTime;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{Request, Response, Status};

/// What the handler saw of the last call.
#[derive(Clone, Debug)]
pub struct Seen {
    pub caller: Caller,
    pub left: Duration,
    pub next: CallContext,
}

/// Handlers of the test service. `text` of the request says what happens.
#[derive(Clone, Default)]
pub struct Handlers {
    pub attempts: Arc<AtomicU32>,
    pub finished: Arc<AtomicU32>,
    pub seen: Arc<Mutex<Option<Seen>>>,
}

#[tonic::async_trait]
impl SearchService for Handlers {
    async fn search_links(
        &self,
        request: Request<SearchLinksRequest>,
    ) -> Result<Response<SearchLinksResponse>, Status> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        let due = curtail_rpc::deadline(&request).expect("the server layer sets a deadline");
        *self.seen.lock().unwrap() = Some(Seen {
            caller: curtail_rpc::caller(&request)?.clone(),
            left: due.saturating_duration_since(Instant::now()),
            next: CallContext::of(&request),
        });
        match request.into_inner().text.as_str() {
            "hang" => std::future::pending::<()>().await,
            "slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "panic" => panic!("as requested"),
            "fault" => return Err(Error::internal(anyhow::anyhow!("password=hunter2")).into()),
            "away" => return Err(Status::unavailable("connection refused by 10.0.0.7")),
            "later" => return Err(Error::unavailable(anyhow::anyhow!("pool timed out")).into()),
            "taken" => return Err(Error::new(Code::Conflict, "ALIAS_TAKEN", "taken").field("alias").into()),
            "once" if self.attempts.load(Ordering::SeqCst) == 1 => return Err(Status::unavailable("restarting")),
            _ => {}
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(Response::new(SearchLinksResponse { total: 1, ..Default::default() }))
    }

    async fn start_reindex(&self, _: Request<StartReindexRequest>) -> Result<Response<StartReindexResponse>, Status> {
        Err(Status::unimplemented("no test asks this"))
    }

    async fn get_reindex(&self, _: Request<GetReindexRequest>) -> Result<Response<GetReindexResponse>, Status> {
        Err(Status::unimplemented("no test asks this"))
    }
}

impl Handlers {
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::SeqCst)
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone().expect("the handler was called")
    }
}

/// A running server with what it was made of.
pub struct Backend {
    pub handlers: Handlers,
    pub address: SocketAddr,
    pub config: Config,
    pub shutdown: Shutdown,
    pub latch: Latch,
    pub key: SigningKey,
    pub server: JoinHandle<anyhow::Result<()>>,
}

impl Backend {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings of `rpc`; clients get the same.
    pub async fn with(change: impl FnOnce(&mut curtail_config::Rpc)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, change).await
    }

    pub async fn on(listener: TcpListener, change: impl FnOnce(&mut curtail_config::Rpc)) -> Self {
        let key = SigningKey::from_seed([9; 32]);
        Self::keyed(listener, key.clone(), KeyRingCache::fixed(KeyRing::of([&key])), change).await
    }

    pub async fn keyed(
        listener: TcpListener,
        key: SigningKey,
        keys: Arc<KeyRingCache>,
        change: impl FnOnce(&mut curtail_config::Rpc),
    ) -> Self {
        let mut config = Config::for_tests();
        change(&mut config.rpc);
        let (readiness, shutdown, handlers) = (Readiness::new(), Shutdown::new(), Handlers::default());
        let latch = readiness.latch("test");
        latch.set(true);
        let verifier = Verifier::new(&config.rpc.service_key, keys);
        let address = listener.local_addr().unwrap();
        let server = curtail_rpc::Server::new("search", &config.rpc, verifier, Clock::system())
            .add_service(SearchServiceServer::new(handlers.clone()))
            .serve(listener, readiness, shutdown.clone());
        Self { handlers, address, config, shutdown, latch, key, server: tokio::spawn(server) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A channel in the name of the service `gateway`.
    pub fn channel(&self) -> Channel {
        channel(&self.url(), &self.config)
    }

    pub fn client(&self) -> SearchServiceClient<Channel> {
        SearchServiceClient::new(self.channel())
    }

    /// A token of the user 7, editor of workspace 10, as auth-svc makes them.
    pub fn user_token(&self) -> String {
        curtail_tokens::sign(&self.key, Purpose::Internal, &user_claims()).unwrap()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn channel(url: &str, config: &Config) -> Channel {
    let identity = ServiceIdentity::new("gateway", &config.rpc.service_key, Clock::system());
    curtail_rpc::connect("search", url, &config.rpc, identity).unwrap()
}

pub fn user_claims() -> Claims {
    let now: OffsetDateTime = Clock::system().now();
    Claims::new(Subject::User(7), now, time::Duration::MINUTE).session(70).member_of(10, Role::Editor, Plan::Pro)
}

/// A channel that adds nothing at all, as an attacker has it.
pub fn bare(url: &str) -> tonic::transport::Channel {
    #[expect(clippy::disallowed_methods, reason = "what a stranger would use")]
    tonic::transport::Endpoint::from_shared(url.to_owned()).unwrap().connect_lazy()
}

pub fn search(text: &str) -> SearchLinksRequest {
    SearchLinksRequest { text: text.into(), ..Default::default() }
}

/// A context with ten seconds.
pub fn context() -> CallContext {
    CallContext::new(Instant::now() + Duration::from_secs(10))
}
