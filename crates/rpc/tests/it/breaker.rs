//! The circuit breaker at work: it opens on a dead backend, answers at once, and finds the backend when it is back.

use std::time::Duration;

use curtail_proto::search::v1::search_service_client::SearchServiceClient;
use curtail_rpc::{Code, Error};
use tokio::net::TcpListener;

use crate::backend::{Backend, channel, context, search};

#[tokio::test]
async fn a_dead_backend_opens_the_circuit_and_its_return_closes_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = curtail_config::Config::for_tests();
    (config.rpc.breaker_open_ms, config.rpc.breaker_open_max_ms) = (300, 300);
    let client = SearchServiceClient::new(channel(&format!("http://{address}"), &config));
    let call = async || client.clone().search_links(context().request(search(""))).await;

    for _ in 0..config.rpc.breaker_min_calls {
        let error = Error::from_status(&call().await.unwrap_err());
        assert_eq!((error.code, error.retry_after), (Code::Unavailable, None), "the connection was tried");
    }
    let error = Error::from_status(&call().await.unwrap_err());
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "SEARCH_UNAVAILABLE"));
    assert!(error.retry_after.is_some_and(|wait| wait <= Duration::from_millis(300)), "{error:?}");

    let backend = Backend::on(TcpListener::bind(address).await.unwrap(), |_| {}).await;
    curtail_testkit::until(async || call().await.is_ok(), Duration::from_secs(5), "the probe has closed the circuit")
        .await;
    assert!(call().await.is_ok());
    assert!(backend.handlers.attempts() >= 2);
}

#[tokio::test]
async fn calls_that_time_out_open_the_circuit() {
    let backend = Backend::start().await;
    let client = backend.client();
    let calls = (0..20).map(|_| {
        let mut client = client.clone();
        tokio::spawn(async move {
            client.search_links(context().within(Duration::from_millis(100)).request(search("hang"))).await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap_err();
    }
    let error = Error::from_status(&client.clone().search_links(context().request(search(""))).await.unwrap_err());
    assert!(error.code == Code::Unavailable && error.retry_after.is_some(), "{error:?}");
}

#[tokio::test]
async fn refusals_for_good_reasons_leave_it_closed() {
    let backend = Backend::start().await;
    let mut client = backend.client();
    for text in ["taken", "fault"] {
        for _ in 0..30 {
            client.search_links(context().request(search(text))).await.unwrap_err();
        }
    }
    assert!(client.search_links(context().request(search(""))).await.is_ok());
}
