//! RPCs whose answer is a stream: who may open one, how long it lives, how it ends.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Readiness, Shutdown};
use curtail_proto::analytics::v1::{
    WatchClicksRequest, WatchClicksResponse,
    live_service_client::LiveServiceClient,
    live_service_server::{LiveService, LiveServiceServer},
};
use curtail_rpc::{CallContext, Channel, Code, Error, KeyRingCache, Verifier};
use curtail_testkit::until;
use curtail_tokens::{Claims, KeyRing, Purpose, SigningKey};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use crate::backend::{bare, channel, context, user_claims};

const PATIENCE: Duration = Duration::from_secs(10);

/// A stream of numbers in `skipped`; `link_id` of the request is the pause between them in milliseconds, 0 means silence.
#[derive(Clone, Default)]
struct Numbers {
    open: Arc<AtomicU32>,
}

struct Open(Arc<AtomicU32>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl LiveService for Numbers {
    type WatchClicksStream = Pin<Box<dyn Stream<Item = Result<WatchClicksResponse, Status>> + Send>>;

    async fn watch_clicks(
        &self,
        request: Request<WatchClicksRequest>,
    ) -> Result<Response<Self::WatchClicksStream>, Status> {
        curtail_rpc::user(&request)?;
        assert!(curtail_rpc::deadline(&request).is_some(), "its beginning has a deadline");
        if request.get_ref().workspace_id == 0 {
            return Err(Error::new(Code::NotFound, "WORKSPACE_NOT_FOUND", "there is no such workspace").into());
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        let (open, pause) = (Open(Arc::clone(&self.open)), request.get_ref().link_id);
        if pause == 0 {
            return Ok(Response::new(Box::pin(tokio_stream::pending().map(move |never| {
                let _ = &open;
                never
            }))));
        }
        let mut number = 0;
        let ticks = tokio_stream::iter(std::iter::repeat(())).throttle(Duration::from_millis(pause.unsigned_abs()));
        Ok(Response::new(Box::pin(ticks.map(move |()| {
            let _ = &open;
            number += 1;
            Ok(WatchClicksResponse { clicks: Vec::new(), skipped: number })
        }))))
    }
}

struct Server {
    numbers: Numbers,
    url: String,
    config: Config,
    shutdown: Shutdown,
    key: SigningKey,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    async fn start(change: impl FnOnce(&mut curtail_config::Rpc)) -> Self {
        let mut config = Config::for_tests();
        change(&mut config.rpc);
        let key = SigningKey::from_seed([9; 32]);
        let verifier = Verifier::new(&config.rpc.service_key, KeyRingCache::fixed(KeyRing::of([&key])));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (numbers, shutdown) = (Numbers::default(), Shutdown::new());
        let server = curtail_rpc::Server::new("live", &config.rpc, verifier, Clock::system())
            .add_service(LiveServiceServer::new(numbers.clone()))
            .serve(listener, Readiness::new(), shutdown.clone());
        Self { numbers, url, config, shutdown, key, task: tokio::spawn(server) }
    }

    fn client(&self) -> LiveServiceClient<Channel> {
        LiveServiceClient::new(channel(&self.url, &self.config))
    }

    fn open_streams(&self) -> u32 {
        self.numbers.open.load(Ordering::SeqCst)
    }

    /// A context in the name of a user whose token lives this long.
    fn as_user(&self, life: time::Duration) -> CallContext {
        let claims = user_claims();
        let claims = Claims { expires_at: claims.issued_at + life, ..claims };
        context().on_behalf_of(curtail_tokens::sign(&self.key, Purpose::Internal, &claims).unwrap())
    }

    async fn watch(&self, life: time::Duration, pause_ms: i64) -> Result<Streaming<WatchClicksResponse>, Error> {
        let request = self.as_user(life).request(WatchClicksRequest { workspace_id: 10, link_id: pause_ms });
        self.client().watch_clicks(request).await.map(Response::into_inner).map_err(Error::from)
    }
}

/// What the stream ends with.
async fn end(stream: &mut Streaming<WatchClicksResponse>) -> Error {
    let ended = tokio::time::timeout(PATIENCE, async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it ended without a status"),
                Err(status) => return Error::from_status(&status),
            }
        }
    });
    ended.await.expect("it ends")
}

#[tokio::test]
async fn a_stream_outlives_every_deadline() {
    let server = Server::start(|rpc| (rpc.read_timeout_ms, rpc.write_timeout_ms) = (100, 100)).await;
    let mut stream = server.watch(time::Duration::MINUTE, 50).await.unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(500) {
        assert!(stream.message().await.unwrap().is_some());
    }
    drop(stream);
    until(async || server.open_streams() == 0, PATIENCE, "the handler's stream is dropped with its reader").await;
}

#[tokio::test]
async fn s37_nobody_opens_a_stream_without_a_token_and_a_refusal_is_an_answer() {
    let server = Server::start(|_| {}).await;
    let request = WatchClicksRequest { workspace_id: 10, link_id: 0 };
    let status = LiveServiceClient::new(bare(&server.url)).watch_clicks(request).await.unwrap_err();
    assert_eq!(Error::from_status(&status).reason, "TOKEN_MISSING");
    let request = server.as_user(time::Duration::MINUTE).request(WatchClicksRequest::default());
    let error = Error::from_status(&server.client().watch_clicks(request).await.unwrap_err());
    assert_eq!((error.code, error.reason.as_ref()), (Code::NotFound, "WORKSPACE_NOT_FOUND"));
    assert_eq!(server.open_streams(), 0);
}

#[tokio::test]
async fn s22_a_stream_ends_with_its_token_however_busy_or_quiet_it_is() {
    let server = Server::start(|_| {}).await;
    for pause in [0, 1] {
        let mut stream = server.watch(time::Duration::seconds(1), pause).await.unwrap();
        let error = end(&mut stream).await;
        assert_eq!((error.code, error.reason.as_ref()), (Code::Unauthenticated, "TOKEN_EXPIRED"));
    }
    until(async || server.open_streams() == 0, PATIENCE, "both are closed").await;
}

#[tokio::test]
async fn a_stream_has_a_longest_life_and_says_when_to_come_back() {
    let server = Server::start(|rpc| rpc.stream_max_seconds = 1).await;
    let error = end(&mut server.watch(time::Duration::MINUTE, 0).await.unwrap()).await;
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "STREAM_ENDED"));
    assert!(error.retry_after.is_some());
}

#[tokio::test]
async fn f14_streams_end_when_the_server_drains_and_do_not_hold_it_up() {
    let mut server = Server::start(|_| {}).await;
    let mut streams = [
        server.watch(time::Duration::MINUTE, 0).await.unwrap(),
        server.watch(time::Duration::MINUTE, 1).await.unwrap(),
    ];
    server.shutdown.begin();
    for stream in &mut streams {
        assert_eq!(end(stream).await.reason, "STREAM_ENDED");
    }
    tokio::time::timeout(Duration::from_secs(5), &mut server.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused_on_both_sides_and_calls_still_pass() {
    let server = Server::start(|rpc| (rpc.max_streams, rpc.max_in_flight) = (2, 1)).await;
    let shared = server.client();
    let open = async |mut client: LiveServiceClient<Channel>| {
        let request =
            server.as_user(time::Duration::MINUTE).request(WatchClicksRequest { workspace_id: 10, link_id: 0 });
        client.watch_clicks(request).await.map(Response::into_inner).map_err(Error::from)
    };
    // One place for calls in flight is enough for two streams.
    let first = open(shared.clone()).await.unwrap();
    let _second = open(shared.clone()).await.unwrap();
    assert_eq!(open(shared.clone()).await.unwrap_err().code, Code::Unavailable, "the channel's own bound");
    let error = open(server.client()).await.unwrap_err();
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "TOO_MANY_STREAMS"));
    assert!(error.retry_after.is_some());
    drop(first);
    until(async || open(shared.clone()).await.is_ok(), PATIENCE, "the place is free again").await;
}

#[tokio::test]
async fn a_lost_server_is_unavailable() {
    let server = Server::start(|_| {}).await;
    let mut stream = server.watch(time::Duration::MINUTE, 0).await.unwrap();
    server.shutdown.abort();
    let error = end(&mut stream).await;
    assert_eq!(error.code, Code::Unavailable);
}
