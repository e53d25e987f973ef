//! A running shortener-svc with users who call it.

use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::link_live_service_client::LinkLiveServiceClient;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::*;
use curtail_rpc::Keys;
use curtail_rpc::{CallContext, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, Scope, SigningKey, Subject};
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng as _};
use sqlx::PgPool;
use tonic::{Response, Status, Streaming};

pub const WORKSPACE: i64 = 7;
pub const OTHER_WORKSPACE: i64 = 8;

/// The service and all that is needed to talk to it.
pub struct TestApp {
    pub config: Config,
    pub clock: Clock,
    pub running: Running,
    key: SigningKey,
    channel: curtail_rpc::Channel,
    shutdown: Shutdown,
}

/// Calls in the name of one user, or of the redirector.
#[derive(Clone)]
pub struct Client {
    inner: LinkServiceClient<curtail_rpc::Channel>,
    live: LinkLiveServiceClient<curtail_rpc::Channel>,
    token: Option<String>,
}

impl TestApp {
    /// A service on the system's clock.
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// A service with a changed configuration.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(change, Clock::system(), Box::new(StdRng::seed_from_u64(17))).await
    }

    /// A service whose clock the test moves. It begins at the present time.
    pub async fn on_manual_clock() -> Self {
        Self::with(|_| {}, Clock::manual(Clock::system().now()), Box::new(StdRng::seed_from_u64(17))).await
    }

    pub async fn with(change: impl FnOnce(&mut Config), clock: Clock, rng: Box<dyn CryptoRng + Send>) -> Self {
        let mut config = curtail_testkit::config().await;
        change(&mut config);
        Self::on(config, clock, rng).await
    }

    /// Stops the service and starts it again on the same stores.
    pub async fn restart(self) -> Self {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        self.stop().await;
        Self::on(config, clock, Box::new(StdRng::seed_from_u64(18))).await
    }

    async fn on(config: Config, clock: Clock, rng: Box<dyn CryptoRng + Send>) -> Self {
        shortener_svc::migrate(&config.database).await.unwrap();
        let key = SigningKey::from_seed([5; 32]);
        let ring = KeyRing::from_paserk([key.public_paserk()]).unwrap();
        let shutdown = Shutdown::configured(&config.lifecycle);
        let deps = Deps { clock: clock.clone(), rng, keys: Keys::Given(ring) };
        let running = shortener_svc::start(config.clone(), deps, shutdown.clone()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), running.readiness.ready()).await.expect("ready in time");
        let identity = ServiceIdentity::new("redirector", &config.rpc.service_key, clock.clone());
        let url = format!("http://{}", running.addr);
        let channel = curtail_rpc::connect("links", &url, &config.rpc, identity).unwrap();
        Self { config, clock, running, key, channel, shutdown }
    }

    /// An editor of [`WORKSPACE`] on the free plan.
    pub fn editor(&self) -> Client {
        self.user(1, &[(WORKSPACE, Role::Editor)], None)
    }

    /// An owner of another workspace.
    pub fn stranger(&self) -> Client {
        self.user(2, &[(OTHER_WORKSPACE, Role::Owner)], None)
    }

    /// A user with these roles; with scopes it is an API key.
    pub fn user(&self, id: i64, roles: &[(i64, Role)], scopes: Option<&[Scope]>) -> Client {
        self.signed(id, roles, scopes, false)
    }

    /// An administrator of the platform who is a member of nothing, in a session or with an API key.
    pub fn operator(&self, scopes: Option<&[Scope]>) -> Client {
        self.signed(9, &[], scopes, true)
    }

    fn signed(&self, id: i64, roles: &[(i64, Role)], scopes: Option<&[Scope]>, platform_admin: bool) -> Client {
        let now = self.clock.now();
        let claims = Claims {
            subject: Subject::User(id),
            session_id: scopes.is_none().then_some(1),
            api_key_id: scopes.map(|_| 2),
            issued_at: now,
            expires_at: now + time::Duration::minutes(5),
            workspaces: roles.iter().map(|(id, role)| Membership { id: *id, role: *role, plan: Plan::Free }).collect(),
            scopes: scopes.unwrap_or_default().to_vec(),
            platform_admin,
            token_id: "t".to_owned(),
        };
        let token = curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap();
        self.client(Some(token))
    }

    /// The redirector.
    pub fn service(&self) -> Client {
        self.client(None)
    }

    fn client(&self, token: Option<String>) -> Client {
        let (inner, live) = (self.channel.clone(), self.channel.clone());
        Client { inner: LinkServiceClient::new(inner), live: LinkLiveServiceClient::new(live), token }
    }

    /// Waits until ids are minted: after a leap of the clock the lease on the worker number has to be renewed first.
    pub async fn can_mint(&self) {
        let request = || CreateLinkRequest {
            workspace_id: OTHER_WORKSPACE,
            link: Some(to("https://x.example")),
            ..Default::default()
        };
        let stranger = self.stranger();
        let minted = async || stranger.create_link(request()).await.is_ok();
        curtail_testkit::until(minted, Duration::from_secs(10), "ids are minted").await;
    }

    /// A connection of the test's own.
    pub async fn database(&self) -> PgPool {
        curtail_db::connect(&self.config.database, shortener_svc::SCHEMA).await.unwrap()
    }

    /// Stops the service and waits for its end.
    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.unwrap();
    }
}

macro_rules! calls {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        impl Client {
            $(pub async fn $name(&self, request: $request) -> Result<$response, curtail_rpc::Error> {
                let mut client = self.inner.clone();
                let answer: Result<Response<$response>, Status> = client.$name(self.wrap(request)).await;
                answer.map(Response::into_inner).map_err(curtail_rpc::Error::from)
            })*
        }
    };
}

calls! {
    create_link(CreateLinkRequest) -> CreateLinkResponse;
    batch_create_links(BatchCreateLinksRequest) -> BatchCreateLinksResponse;
    get_link(GetLinkRequest) -> GetLinkResponse;
    batch_get_links(BatchGetLinksRequest) -> BatchGetLinksResponse;
    list_links(ListLinksRequest) -> ListLinksResponse;
    update_link(UpdateLinkRequest) -> UpdateLinkResponse;
    delete_link(DeleteLinkRequest) -> DeleteLinkResponse;
    restore_link(RestoreLinkRequest) -> RestoreLinkResponse;
    list_tags(ListTagsRequest) -> ListTagsResponse;
    set_tag(SetTagRequest) -> SetTagResponse;
    batch_update_links(BatchUpdateLinksRequest) -> BatchUpdateLinksResponse;
    batch_delete_links(BatchDeleteLinksRequest) -> BatchDeleteLinksResponse;
    rename_tag(RenameTagRequest) -> RenameTagResponse;
    merge_tags(MergeTagsRequest) -> MergeTagsResponse;
    delete_tag(DeleteTagRequest) -> DeleteTagResponse;
    block_link(BlockLinkRequest) -> BlockLinkResponse;
    release_link(ReleaseLinkRequest) -> ReleaseLinkResponse;
    list_takedowns(ListTakedownsRequest) -> ListTakedownsResponse;
    resolve_link(ResolveLinkRequest) -> ResolveLinkResponse;
    consume_click(ConsumeClickRequest) -> ConsumeClickResponse;
    expire_links(ExpireLinksRequest) -> ExpireLinksResponse;
    warn_expiring(WarnExpiringRequest) -> WarnExpiringResponse;
    archive_links(ArchiveLinksRequest) -> ArchiveLinksResponse;
    scan_links(ScanLinksRequest) -> ScanLinksResponse;
}

impl Client {
    fn wrap<T>(&self, message: T) -> tonic::Request<T> {
        let context = CallContext::new(Instant::now() + Duration::from_secs(10));
        match &self.token {
            Some(token) => context.on_behalf_of(token.as_str()).request(message),
            None => context.request(message),
        }
    }

    /// Watches a workspace, or one link of it.
    pub async fn watch(
        &self,
        workspace_id: i64,
        link_id: i64,
    ) -> Result<Streaming<WatchLinksResponse>, curtail_rpc::Error> {
        let request = self.wrap(WatchLinksRequest { workspace_id, link_id });
        self.live.clone().watch_links(request).await.map(Response::into_inner).map_err(curtail_rpc::Error::from)
    }

    /// Creates a link in [`WORKSPACE`].
    pub async fn create(&self, link: NewLink) -> Result<Link, curtail_rpc::Error> {
        let request = CreateLinkRequest { workspace_id: WORKSPACE, link: Some(link), ..Default::default() };
        Ok(self.create_link(request).await?.link.unwrap())
    }

    /// The link by its id.
    pub async fn get(&self, id: i64) -> Result<Link, curtail_rpc::Error> {
        let by = Some(link_ref::By::Id(id));
        Ok(self.get_link(GetLinkRequest { link: Some(LinkRef { by }) }).await?.link.unwrap())
    }

    /// The link by its code on the default domain.
    pub async fn get_by_code(&self, code: &str) -> Result<Link, curtail_rpc::Error> {
        let address = link_ref::Address { domain: String::new(), code: code.to_owned() };
        let link = Some(LinkRef { by: Some(link_ref::By::Address(address)) });
        Ok(self.get_link(GetLinkRequest { link }).await?.link.unwrap())
    }

    /// Changes a link whatever its version.
    pub async fn update(&self, id: i64, patch: LinkPatch) -> Result<Link, curtail_rpc::Error> {
        Ok(self.update_link(UpdateLinkRequest { id, version: 0, patch: Some(patch) }).await?.link.unwrap())
    }

    /// Deletes a link whatever its version.
    pub async fn delete(&self, id: i64) -> Result<Link, curtail_rpc::Error> {
        Ok(self.delete_link(DeleteLinkRequest { id, version: 0 }).await?.link.unwrap())
    }

    /// What a redirector learns about a code on the default domain.
    pub async fn resolve(&self, code: &str) -> Option<Target> {
        let request = ResolveLinkRequest { domain: "localhost".to_owned(), code: code.to_owned() };
        self.resolve_link(request).await.unwrap().target
    }

    /// Asks for a click; the event id is made from `number`.
    pub async fn click(&self, link_id: i64, number: u128) -> Result<ConsumeClickResponse, curtail_rpc::Error> {
        self.consume_click(ConsumeClickRequest { link_id, event_id: number.to_be_bytes().to_vec() }).await
    }
}

/// A new link to `url`.
pub fn to(url: &str) -> NewLink {
    NewLink { url: url.to_owned(), ..NewLink::default() }
}

/// A new link to a fixed destination with an alias.
pub fn aliased(alias: &str) -> NewLink {
    NewLink { alias: alias.to_owned(), ..to("https://site.example/") }
}

/// Code, reason and field of an expected error.
pub fn why<T: std::fmt::Debug>(result: Result<T, curtail_rpc::Error>) -> (String, String, String) {
    let error = result.expect_err("an error was expected");
    (error.code.as_str().to_owned(), error.reason.to_string(), error.field.unwrap_or_default().into_owned())
}

/// For comparing with [`why`].
pub fn is(code: &str, reason: &str, field: &str) -> (String, String, String) {
    (code.to_owned(), reason.to_owned(), field.to_owned())
}
