//! What a server bounds: time, calls in flight, sizes, and what a handler may do to it.

use std::time::{Duration, Instant};

use curtail_proto::search::v1::{SearchLinksRequest, search_service_client::SearchServiceClient};
use curtail_rpc::{Code, Error};
use tonic::{Request, metadata::MetadataValue};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::backend::{Backend, bare, context, search};

/// The bytes of framing that a request of `search(text)` has besides the text: tag and length of at most three bytes.
const FRAME: usize = 4;

#[tokio::test]
async fn a_handler_that_hangs_ends_with_the_deadline() {
    let backend = Backend::start().await;
    let start = Instant::now();
    let request = context().within(Duration::from_millis(200)).request(search("hang"));
    let error = Error::from_status(&backend.client().search_links(request).await.unwrap_err());
    assert_eq!(error.code, Code::DeadlineExceeded);
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_server_has_a_deadline_of_its_own() {
    let backend = Backend::with(|rpc| (rpc.read_timeout_ms, rpc.write_timeout_ms) = (100, 200)).await;
    for asked in [None, Some("1H"), Some("nonsense")] {
        let mut request = Request::new(search("hang"));
        let token = format!("Bearer {}", backend.user_token());
        request.metadata_mut().insert("authorization", MetadataValue::try_from(token).unwrap());
        if let Some(asked) = asked {
            request.metadata_mut().insert("grpc-timeout", MetadataValue::from_static(asked));
        }
        let status = SearchServiceClient::new(bare(&backend.url())).search_links(request).await.unwrap_err();
        assert_eq!(Error::from_status(&status).code, Code::DeadlineExceeded, "{asked:?}");
        assert!(backend.handlers.seen().left <= Duration::from_millis(200));
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_reaches_no_handler() {
    let backend = Backend::start().await;
    let request = context().within(Duration::ZERO).request(search(""));
    let status = backend.client().search_links(request).await.unwrap_err();
    assert_eq!(Error::from_status(&status).code, Code::DeadlineExceeded);
    assert_eq!(backend.handlers.attempts(), 0);
}

#[tokio::test]
async fn more_calls_than_allowed_are_shed_with_advice() {
    let backend = Backend::with(|rpc| rpc.max_in_flight = 2).await;
    // Two connections with two streams each: the limit is the server's, not the connection's.
    let mut clients = [backend.client(), backend.client(), backend.client()];
    let hang = |mut client: SearchServiceClient<curtail_rpc::Channel>| {
        tokio::spawn(async move { client.search_links(context().request(search("hang"))).await })
    };
    let hanging = [hang(clients[0].clone()), hang(clients[1].clone())];
    curtail_testkit::until(async || backend.handlers.attempts() == 2, Duration::from_secs(5), "both calls are in")
        .await;
    let error = Error::from_status(&clients[2].search_links(context().request(search(""))).await.unwrap_err());
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "OVERLOADED"));
    assert!(error.retry_after.is_some());
    let health = HealthClient::new(bare(&backend.url())).check(HealthCheckRequest::default()).await;
    assert!(health.is_ok(), "probes are answered under overload");
    hanging.iter().for_each(|call| call.abort());
    curtail_testkit::until(
        async || clients[2].clone().search_links(context().request(search(""))).await.is_ok(),
        Duration::from_secs(5),
        "the places are free again",
    )
    .await;
}

#[tokio::test]
async fn a_message_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let backend = Backend::with(|rpc| rpc.max_message_bytes = 2048).await;
    let text = |bytes: usize| context().request(SearchLinksRequest { text: "x".repeat(bytes), ..Default::default() });
    let largest = 2048 - FRAME + 1;
    assert!(backend.client().search_links(text(largest)).await.is_ok());
    let error = Error::from_status(&backend.client().search_links(text(largest + 1)).await.unwrap_err());
    assert_eq!((error.code, error.reason.as_ref()), (Code::Invalid, "MESSAGE_TOO_LONG"));
}

#[tokio::test]
async fn a_panic_is_a_fault_of_one_call() {
    let backend = Backend::start().await;
    let mut client = backend.client();
    let error = Error::from_status(&client.search_links(context().request(search("panic"))).await.unwrap_err());
    assert_eq!(error.code, Code::Internal);
    assert!(client.search_links(context().request(search(""))).await.is_ok());
}

#[tokio::test]
async fn s17_a_fault_tells_nothing_but_its_code() {
    let backend = Backend::start().await;
    let status = backend.client().search_links(context().request(search("fault"))).await.unwrap_err();
    assert!(!format!("{status:?}").contains("hunter2"));
    assert_eq!(Error::from_status(&status).message, Code::Internal.message());
}

#[tokio::test]
async fn an_expected_outcome_arrives_whole() {
    let backend = Backend::start().await;
    let status = backend.client().search_links(context().request(search("taken"))).await.unwrap_err();
    let error = Error::from_status(&status);
    assert_eq!(
        (error.code, error.reason.as_ref(), error.field.as_deref()),
        (Code::Conflict, "ALIAS_TAKEN", Some("alias"))
    );
}
