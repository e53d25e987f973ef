//! All routes of the gateway, and the layers around them.

mod refusal;

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::App;
use crate::error::{Code, Refusal};
use crate::http::{assets, graphql, host, pages, playground, request_log, security, size, unsubscribe};
use crate::overload;
use crate::rest;

/// What pages of origins that the configuration names may read of an answer, besides its body.
const EXPOSED: [&str; 7] = ["etag", "link", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];

/// How long a browser may keep what a preflight said.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(3600);

/// All routes with everything around them.
pub fn router(app: &App) -> Router {
    let mut router = Router::new()
        .route(curtail_routes::gateway::GRAPHQL, any(graphql::graphql))
        .merge(rest::router())
        .route(curtail_routes::gateway::UNSUBSCRIBE, get(unsubscribe::ask).post(unsubscribe::act))
        .route(curtail_routes::gateway::HOME, get(pages::home))
        .route(curtail_routes::gateway::LOGIN, get(pages::login))
        .route(curtail_routes::gateway::VERIFY, get(pages::verify))
        .route(curtail_routes::gateway::RESET, get(pages::reset))
        .route(curtail_routes::gateway::INVITE, get(pages::invite))
        .route(curtail_routes::gateway::ASSETS, get(assets::asset));
    if app.settings.playground {
        router = router.route(curtail_routes::gateway::PLAYGROUND, get(playground::page));
    }
    protect(app, router.fallback(no_such_path))
}

/// Puts everything that every request passes around `router`.
fn protect(app: &App, router: Router<App>) -> Router {
    let with = |state: &App| state.clone();
    // From the inside out: the last one added sees a request first and its answer last.
    let mut router = router.layer(from_fn_with_state(app.overload.clone(), overload::limit));
    // An address that floods is refused before it takes a place from others.
    if let Some(limit) = app.addresses.layer() {
        router = router.layer(limit);
    }
    router = router
        .layer(from_fn_with_state(with(app), size::headers))
        .layer(from_fn_with_state(with(app), host::check))
        // It has seen the request, so it gives every refusal from within its form.
        .layer(from_fn(refusal::render));
    if let Some(cors) = cors(app) {
        router = router.layer(cors);
    }
    router
        // The same headers on every answer, also on those that the layers above give.
        .layer(from_fn_with_state(with(app), security::headers))
        // Outermost: it names the request, and what it measures holds everything.
        .layer(from_fn_with_state(with(app), request_log::observe))
        .with_state(app.clone())
}

async fn no_such_path() -> Refusal {
    Refusal::new(Code::NoSuchPath, "there is nothing at this path")
}

/// Pages of other origins may not call at all, unless the configuration names them.
fn cors(app: &App) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        app.settings.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let headers = [
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("x-api-key"),
        HeaderName::from_static("graphql-preflight"),
        HeaderName::from_static("x-curtail-csrf"),
        HeaderName::from_static("x-request-id"),
    ];
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers(headers)
            .expose_headers(EXPOSED.map(HeaderName::from_static))
            .max_age(PREFLIGHT_KEPT)
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use curtail_clock::Clock;
    use curtail_lifecycle::{Readiness, Shutdown};
    use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
    use http::StatusCode;
    use rand::SeedableRng as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::app::SharedState;
    use crate::auth::{Authenticator, Revocations};
    use crate::upstreams::Upstreams;

    /// A gateway that nothing stands behind.
    async fn alone() -> App {
        let config = curtail_config::Config::for_tests();
        let clock = Clock::system();
        let identity = curtail_rpc::ServiceIdentity::new("gateway", &config.rpc.service_key, clock.clone());
        let channel = || curtail_rpc::connect("auth", &config.rpc.auth_url, &config.rpc, identity.clone()).unwrap();
        let upstreams = Upstreams::new(channel(), channel(), channel(), channel(), channel());
        let readiness = Readiness::new();
        let keys = curtail_rpc::KeyRingCache::fetching(channel(), readiness.latch("key ring"));
        let revocations = std::sync::Arc::new(Revocations::new(time::Duration::minutes(20)));
        let auth = AuthServiceClient::new(channel());
        let authenticator = Authenticator::new(keys, auth, revocations, clock.clone());
        let redis = curtail_streams::connect(&config.redis).await.unwrap();
        let rng = rand::rngs::StdRng::seed_from_u64(1);
        let stages = (readiness.latch("load"), Shutdown::new());
        let shared = SharedState::new(&config.gateway, upstreams, authenticator, redis, stages, clock, rng).unwrap();
        App::new(&config, shared).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_in_the_form_of_its_api_with_the_headers_of_every_answer() {
        #[expect(clippy::panic, reason = "it is what is tried")]
        async fn boom() -> StatusCode {
            panic!("the secret of a resolver")
        }
        let app = alone().await;
        for (path, media, id) in [
            ("/boom", "application/json; charset=utf-8", "/errors/0/extensions/requestId"),
            ("/v1/boom", "application/problem+json", "/requestId"),
        ] {
            let router = protect(&app, Router::new().route(path, get(boom)));
            let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            for name in ["content-security-policy", "x-content-type-options", "vary", "cache-control", "x-request-id"] {
                assert!(response.headers().contains_key(name), "{name}");
            }
            assert_eq!(response.headers()["content-type"], media);
            let named = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body.pointer(id).unwrap(), &named, "{body}");
            assert!(body.to_string().contains("INTERNAL") && !body.to_string().contains("secret"), "{body}");
        }
    }
}
