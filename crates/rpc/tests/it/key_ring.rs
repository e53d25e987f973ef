//! The key ring follows auth-svc, and refuses every call without one.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Readiness, Shutdown};
use curtail_proto::auth::v1::{GetKeyRingRequest, GetKeyRingResponse};
use curtail_rpc::{Code, Error, KeyRingCache, Verifier};
use curtail_tokens::{KeyRing, Purpose, SigningKey};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, body::Body, server::NamedService};

use crate::backend::{Backend, channel, context, search, user_claims};

/// The one RPC of auth-svc that matters here.
#[derive(Clone, Default)]
struct Auth {
    keys: Arc<Mutex<Vec<String>>>,
}

impl NamedService for Auth {
    const NAME: &'static str = "curtail.auth.v1.AuthService";
}

impl tower::Service<http::Request<Body>> for Auth {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let auth = self.clone();
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::default();
            Ok(tonic::server::Grpc::new(codec).unary(auth, request).await)
        })
    }
}

impl tonic::server::UnaryService<GetKeyRingRequest> for Auth {
    type Response = GetKeyRingResponse;
    type Future = std::future::Ready<Result<Response<GetKeyRingResponse>, Status>>;

    fn call(&mut self, _: Request<GetKeyRingRequest>) -> Self::Future {
        std::future::ready(Ok(Response::new(GetKeyRingResponse { keys: self.keys.lock().unwrap().clone() })))
    }
}

impl Auth {
    fn publish(&self, keys: &[&SigningKey]) {
        *self.keys.lock().unwrap() = keys.iter().map(|key| key.public_paserk()).collect();
    }

    fn serve(&self, listener: TcpListener, config: &Config) {
        let verifier = Verifier::new(&config.rpc.service_key, KeyRingCache::fixed(KeyRing::default()));
        let server = curtail_rpc::Server::new("auth", &config.rpc, verifier, Clock::system()).add_service(self.clone());
        tokio::spawn(server.serve(listener, Readiness::new(), Shutdown::new()));
    }
}

async fn ask(backend: &Backend, key: &SigningKey) -> Result<(), Error> {
    let token = curtail_tokens::sign(key, Purpose::Internal, &user_claims()).unwrap();
    let request = context().on_behalf_of(token).request(search(""));
    backend.client().search_links(request).await.map(drop).map_err(Error::from)
}

#[tokio::test]
async fn s23_a_rotation_fails_nobody_and_a_removed_key_is_refused() {
    let config = Config::for_tests();
    let (old, new) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (readiness, shutdown, auth) = (Readiness::new(), Shutdown::new(), Auth::default());
    let keys = KeyRingCache::fetching(channel(&url, &config), readiness.latch("key ring"));
    let follow = tokio::spawn(Arc::clone(&keys).run(shutdown.clone()));
    let backend =
        Backend::keyed(TcpListener::bind("127.0.0.1:0").await.unwrap(), old.clone(), Arc::clone(&keys), |_| {}).await;

    drop(listener);
    let error = ask(&backend, &old).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable, "without a ring no token can be verified");
    assert!(!readiness.is_ready());

    auth.publish(&[&old]);
    auth.serve(TcpListener::bind(url.trim_start_matches("http://")).await.unwrap(), &config);
    tokio::time::timeout(Duration::from_secs(10), readiness.ready()).await.unwrap();
    ask(&backend, &old).await.unwrap();

    auth.publish(&[&new, &old]);
    // Longer than the least pause between two fetches: the new key is then found by the very first token.
    tokio::time::sleep(Duration::from_millis(250)).await;
    ask(&backend, &new).await.unwrap();
    ask(&backend, &old).await.unwrap();

    auth.publish(&[&new]);
    let refused = async || ask(&backend, &old).await.is_err_and(|error| error.code == Code::Unauthenticated);
    curtail_testkit::until(refused, Duration::from_secs(3), "the removed key is refused, also for tokens seen before")
        .await;
    ask(&backend, &new).await.unwrap();
    shutdown.begin();
    follow.await.unwrap().unwrap();
}
