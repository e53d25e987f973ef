//! F17: a service that fails every call is asked hardly more often than it would be without retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use curtail_proto::search::v1::search_service_server::{SearchService, SearchServiceServer};
use curtail_proto::search::v1::{
    GetReindexRequest, GetReindexResponse, SearchLinksRequest, SearchLinksResponse, StartReindexRequest,
    StartReindexResponse,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::another::Another;
use crate::platform::Platform;
use crate::socket::access;

/// Counts and fails.
#[derive(Clone, Default)]
struct Failing(Arc<AtomicU32>);

#[tonic::async_trait]
impl SearchService for Failing {
    async fn search_links(&self, _: Request<SearchLinksRequest>) -> Result<Response<SearchLinksResponse>, Status> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(Status::unavailable("not today"))
    }

    async fn start_reindex(&self, _: Request<StartReindexRequest>) -> Result<Response<StartReindexResponse>, Status> {
        Err(Status::unimplemented("no test asks this"))
    }

    async fn get_reindex(&self, _: Request<GetReindexRequest>) -> Result<Response<GetReindexResponse>, Status> {
        Err(Status::unimplemented("no test asks this"))
    }
}

impl Failing {
    /// Serves without any of the limits of ours, and gives its URL.
    async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "a stranger's server")]
        let server = tonic::transport::Server::builder()
            .add_service(SearchServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        url
    }
}

/// How long to ask; `F17_SECONDS` makes it longer.
fn length() -> Duration {
    let seconds = std::env::var("F17_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

/// Searches one after the other by four at a time; how many there were, and in which time.
async fn search(platform: &Platform, gateway: &Another, token: &str) -> (u32, Duration) {
    let (start, asked) = (Instant::now(), AtomicU32::new(0));
    let one = async || {
        while start.elapsed() < length() {
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = gateway.ask_as(platform, token, "{ search(text: \"x\") { edges { score } } }").await;
            assert_eq!((answer.status.as_u16(), answer.code()), (503, "UNAVAILABLE"), "{answer:?}");
        }
    };
    tokio::join!(one(), one(), one(), one());
    (asked.load(Ordering::Relaxed), start.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_retries_of_the_gateway_can_not_amplify() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 10_000_000).await;
    let cookies = platform.register("ann").await;
    for breaker in [false, true] {
        let failing = Failing::default();
        let url = failing.serve().await;
        let gateway = Another::start(&platform, |config| {
            config.rpc.search_url = url;
            if !breaker {
                config.rpc.breaker_min_calls = u32::MAX;
            }
        })
        .await;
        let (asked, took) = search(&platform, &gateway, access(&cookies)).await;
        let attempts = failing.0.load(Ordering::Relaxed);
        if breaker {
            // Twenty until it opens, those in flight meanwhile, their retries, and a probe at each end of a pause.
            assert!((20..=60).contains(&attempts), "{attempts} attempts for {asked} searches behind the breaker");
        } else {
            // A second's floor is saved up when it begins.
            let most = f64::from(asked) * 1.1 + 10.0 * (took.as_secs_f64() + 1.0);
            assert!(attempts > asked && f64::from(attempts) <= most, "{attempts} attempts for {asked} in {took:?}");
        }
    }
}
