//! Who may call, and what of a call reaches the handler.

use std::time::Duration;

use curtail_clock::Clock;
use curtail_proto::search::v1::search_service_client::SearchServiceClient;
use curtail_rpc::{Caller, Code, Error, ServiceIdentity};
use curtail_telemetry::RequestId;
use curtail_tokens::{Purpose, SigningKey};
use tonic::{Request, Status, metadata::MetadataValue};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_client::ServerReflectionClient};

use crate::backend::{Backend, bare, context, search, user_claims};

fn reason(status: &Status) -> (Code, String) {
    let error = Error::from_status(status);
    (error.code, error.reason.into_owned())
}

fn unauthenticated(reason: &str) -> (Code, String) {
    (Code::Unauthenticated, reason.into())
}

#[tokio::test]
async fn s37_unsigned_call_is_refused() {
    let backend = Backend::start().await;
    let status = SearchServiceClient::new(bare(&backend.url())).search_links(search("")).await.unwrap_err();
    assert_eq!(reason(&status), unauthenticated("TOKEN_MISSING"));
    assert_eq!(backend.handlers.attempts(), 0);
}

#[tokio::test]
async fn s37_reflection_and_unknown_methods_are_no_way_around() {
    let backend = Backend::start().await;
    let mut reflection = ServerReflectionClient::new(bare(&backend.url()));
    let request = Request::new(tokio_stream::once(ServerReflectionRequest::default()));
    let status = reflection.server_reflection_info(request).await.unwrap_err();
    assert_eq!(reason(&status), unauthenticated("TOKEN_MISSING"));
    let mut links = curtail_proto::links::v1::link_service_client::LinkServiceClient::new(bare(&backend.url()));
    let status = links.get_link(curtail_proto::links::v1::GetLinkRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), unauthenticated("TOKEN_MISSING"));
}

#[tokio::test]
async fn s37_tokens_that_are_not_ours_are_refused() {
    let backend = Backend::start().await;
    let key = SigningKey::from_seed(backend.config.rpc.service_key.key32());
    let stranger = SigningKey::from_seed([5; 32]);
    let claims = user_claims();
    let expired = curtail_tokens::Claims { expires_at: claims.issued_at - time::Duration::MINUTE, ..claims.clone() };
    let expired = curtail_tokens::Claims { issued_at: expired.expires_at - time::Duration::MINUTE, ..expired };
    let signed = |key, purpose, claims: &_| format!("Bearer {}", curtail_tokens::sign(key, purpose, claims).unwrap());
    let good = backend.user_token();
    for (credential, expected) in [
        (String::new(), "TOKEN_MISSING"),
        (format!("Basic {good}"), "TOKEN_MISSING"),
        (good.clone(), "TOKEN_MISSING"),
        ("Bearer ".into(), "TOKEN_INVALID"),
        ("Bearer service:gateway".into(), "TOKEN_INVALID"),
        (format!("Bearer {}", &good[..good.len() - 1]), "TOKEN_INVALID"),
        (signed(&backend.key, Purpose::Access, &claims), "TOKEN_INVALID"),
        (signed(&key, Purpose::Internal, &claims), "TOKEN_INVALID"),
        (signed(&stranger, Purpose::Internal, &claims), "TOKEN_INVALID"),
        (signed(&backend.key, Purpose::Internal, &expired), "TOKEN_EXPIRED"),
    ] {
        let mut request = Request::new(search(""));
        request.metadata_mut().insert("authorization", MetadataValue::try_from(&credential).unwrap());
        let status = SearchServiceClient::new(bare(&backend.url())).search_links(request).await.unwrap_err();
        assert_eq!(reason(&status), unauthenticated(expected), "{credential}");
    }
    assert_eq!(backend.handlers.attempts(), 0);
}

#[tokio::test]
async fn s37_metadata_that_names_a_principal_changes_nothing() {
    let backend = Backend::start().await;
    let mut request = context().request(search(""));
    for name in ["x-user-id", "x-caller", "x-forwarded-user"] {
        request.metadata_mut().insert(name, MetadataValue::from_static("1"));
    }
    backend.client().search_links(request).await.unwrap();
    assert_eq!(backend.handlers.seen().caller, Caller::Service("gateway".into()));
}

#[tokio::test]
async fn s37_a_service_with_another_key_is_refused() {
    let backend = Backend::start().await;
    let identity = ServiceIdentity::new("gateway", &curtail_config::Secret::new("ee".repeat(32)), Clock::system());
    let channel = curtail_rpc::connect("search", &backend.url(), &backend.config.rpc, identity).unwrap();
    let status = SearchServiceClient::new(channel).search_links(search("")).await.unwrap_err();
    assert_eq!(reason(&status), unauthenticated("TOKEN_INVALID"));
}

#[tokio::test]
async fn a_user_arrives_with_memberships() {
    let backend = Backend::start().await;
    let request = context().on_behalf_of(backend.user_token()).request(search(""));
    backend.client().search_links(request).await.unwrap();
    let Caller::User(user) = backend.handlers.seen().caller else { panic!("a user called") };
    assert_eq!((user.user_id, user.session_id), (7, Some(70)));
    assert!(user.require(10, curtail_tokens::Role::Editor, curtail_tokens::Scope::Write).is_ok());
}

#[tokio::test]
async fn request_id_trace_and_deadline_reach_the_handler() {
    let backend = Backend::start().await;
    let id = RequestId::from_header(&"req-1".parse().unwrap()).unwrap();
    let mut call = context().within(Duration::from_millis(800)).for_request(id.clone());
    call.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
    backend.client().search_links(call.request(search(""))).await.unwrap();
    let seen = backend.handlers.seen();
    assert_eq!(seen.next.request_id, Some(id));
    assert_eq!(seen.next.traceparent, call.traceparent);
    assert!(seen.left > Duration::from_millis(300) && seen.left <= Duration::from_millis(800), "{:?}", seen.left);
}

#[tokio::test]
async fn health_needs_no_token_and_follows_readiness() {
    let backend = Backend::start().await;
    let mut health = HealthClient::new(bare(&backend.url()));
    let mut check = async |service: &str| {
        let request = HealthCheckRequest { service: service.into() };
        health.check(request).await.map(|answer| answer.into_inner().status().as_str_name())
    };
    assert_eq!(check("").await.unwrap(), "SERVING");
    assert_eq!(check("curtail.search.v1.SearchService").await.unwrap(), "SERVING");
    assert_eq!(check("curtail.links.v1.LinkService").await.unwrap_err().code(), tonic::Code::NotFound);
    backend.latch.set(false);
    while check("").await.unwrap() != "NOT_SERVING" {
        tokio::task::yield_now().await;
    }
}
