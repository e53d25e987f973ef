//! A LinkService that knows what a test tells it.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use curtail_clock::Clock;
use curtail_lifecycle::{Readiness, Shutdown};
use curtail_proto::links::v1::link_service_server::{LinkService, LinkServiceServer};
use curtail_proto::links::v1::*;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status};

/// A link on `localhost` that redirects with 302.
pub fn link(code: &str, url: &str) -> Target {
    Target {
        link_id: i64::from(crc(code)),
        workspace_id: 7,
        domain: "localhost".to_owned(),
        code: code.to_owned(),
        version: 1,
        url: url.to_owned(),
        redirect_status: 302,
        state: LinkState::Active.into(),
        ..Target::default()
    }
}

fn crc(text: &str) -> u32 {
    text.bytes().fold(17, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

/// The owner of links, as a server.
#[derive(Clone)]
pub struct Owner {
    state: Arc<Mutex<State>>,
    shutdown: Shutdown,
    pub addr: SocketAddr,
}

#[derive(Default)]
struct State {
    links: HashMap<(String, String), Target>,
    used: HashMap<i64, HashSet<Vec<u8>>>,
    resolved: usize,
    delay: Duration,
    broken: bool,
}

impl Owner {
    /// Serves on `addr`, port 0 for a free one. `clock` judges the tokens of callers.
    pub async fn start(addr: SocketAddr, clock: Clock) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let owner = Self { state: Arc::default(), shutdown: Shutdown::new(), addr: listener.local_addr().unwrap() };
        owner.serve(listener, clock);
        owner
    }

    fn serve(&self, listener: TcpListener, clock: Clock) {
        let config = curtail_config::Config::for_tests();
        let keys = curtail_rpc::KeyRingCache::fixed(curtail_tokens::KeyRing::default());
        let verifier = curtail_rpc::Verifier::new(&config.rpc.service_key, keys);
        let server = curtail_rpc::Server::new("links", &config.rpc, verifier, clock);
        let server = server.add_service(LinkServiceServer::new(self.clone()));
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move { server.serve(listener, Readiness::new(), shutdown).await });
    }

    /// Stops answering for good: connections are refused.
    pub fn stop(&self) {
        self.shutdown.abort();
    }

    pub fn put(&self, target: Target) {
        let mut state = self.state.lock().unwrap();
        state.links.insert((target.domain.clone(), target.code.clone()), target);
    }

    /// How often it was asked to resolve.
    pub fn resolved(&self) -> usize {
        self.state.lock().unwrap().resolved
    }

    /// How many clicks of a link were granted.
    pub fn used(&self, link_id: i64) -> usize {
        self.state.lock().unwrap().used.get(&link_id).map_or(0, HashSet::len)
    }

    /// Takes so long to resolve, beginning with the next question; the answer is from when it was asked.
    pub fn delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// Answers UNAVAILABLE, or not any more.
    pub fn set_broken(&self, broken: bool) {
        self.state.lock().unwrap().broken = broken;
    }
}

type Reply<T> = Result<Response<T>, Status>;

macro_rules! not_asked {
    ($($name:ident: $request:ty => $response:ty),* $(,)?) => {
        // As async_trait would write it, which does not look into macros.
        $(fn $name<'a, 'b>(&'a self, _: Request<$request>) -> Pin<Box<dyn Future<Output = Reply<$response>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented("the redirector never asks this")) })
        })*
    };
}

#[tonic::async_trait]
impl LinkService for Owner {
    async fn resolve_link(
        &self,
        request: Request<ResolveLinkRequest>,
    ) -> Result<Response<ResolveLinkResponse>, Status> {
        assert_eq!(curtail_rpc::service(&request).unwrap(), "redirector");
        let ResolveLinkRequest { domain, code } = request.into_inner();
        let (target, delay) = {
            let mut state = self.state.lock().unwrap();
            state.resolved += 1;
            if state.broken {
                return Err(Status::unavailable("broken by the test"));
            }
            (state.links.get(&(domain, code)).cloned(), state.delay)
        };
        tokio::time::sleep(delay).await;
        Ok(Response::new(ResolveLinkResponse { target }))
    }

    async fn consume_click(
        &self,
        request: Request<ConsumeClickRequest>,
    ) -> Result<Response<ConsumeClickResponse>, Status> {
        let ConsumeClickRequest { link_id, event_id } = request.into_inner();
        assert_eq!(event_id.len(), 16);
        let mut state = self.state.lock().unwrap();
        if state.broken {
            return Err(Status::unavailable("broken by the test"));
        }
        let limit = state.links.values().find(|link| link.link_id == link_id).map_or(0, |link| link.max_clicks);
        let used = state.used.entry(link_id).or_default();
        let granted = used.contains(&event_id) || (used.len() as u32) < limit;
        if granted {
            used.insert(event_id);
        }
        Ok(Response::new(ConsumeClickResponse { granted, remaining: limit - used.len() as u32 }))
    }

    not_asked! {
        create_link: CreateLinkRequest => CreateLinkResponse,
        batch_create_links: BatchCreateLinksRequest => BatchCreateLinksResponse,
        get_link: GetLinkRequest => GetLinkResponse,
        batch_get_links: BatchGetLinksRequest => BatchGetLinksResponse,
        list_links: ListLinksRequest => ListLinksResponse,
        update_link: UpdateLinkRequest => UpdateLinkResponse,
        delete_link: DeleteLinkRequest => DeleteLinkResponse,
        restore_link: RestoreLinkRequest => RestoreLinkResponse,
        list_tags: ListTagsRequest => ListTagsResponse,
        set_tag: SetTagRequest => SetTagResponse,
        batch_update_links: BatchUpdateLinksRequest => BatchUpdateLinksResponse,
        batch_delete_links: BatchDeleteLinksRequest => BatchDeleteLinksResponse,
        rename_tag: RenameTagRequest => RenameTagResponse,
        merge_tags: MergeTagsRequest => MergeTagsResponse,
        delete_tag: DeleteTagRequest => DeleteTagResponse,
        block_link: BlockLinkRequest => BlockLinkResponse,
        release_link: ReleaseLinkRequest => ReleaseLinkResponse,
        list_takedowns: ListTakedownsRequest => ListTakedownsResponse,
        scan_links: ScanLinksRequest => ScanLinksResponse,
        expire_links: ExpireLinksRequest => ExpireLinksResponse,
        warn_expiring: WarnExpiringRequest => WarnExpiringResponse,
        archive_links: ArchiveLinksRequest => ArchiveLinksResponse,
    }
}
