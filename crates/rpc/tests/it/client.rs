//! What a channel adds: deadlines, retries within a budget, counting, reconnects.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use curtail_proto::search::v1::search_service_client::SearchServiceClient;
use curtail_rpc::{Code, Error};
use tokio::net::TcpListener;

use crate::backend::{Backend, channel, context, search};

#[tokio::test]
async fn what_may_be_repeated_is_tried_once_more() {
    let backend = Backend::start().await;
    let call = context().read();
    backend.client().search_links(call.request(search("once"))).await.unwrap();
    assert_eq!(backend.handlers.attempts(), 2);
    assert_eq!(call.calls.load(Ordering::Relaxed), 2, "the context counts attempts");
}

#[tokio::test]
async fn a_read_that_keeps_failing_is_tried_twice_in_all() {
    let backend = Backend::start().await;
    backend.client().search_links(context().read().request(search("away"))).await.unwrap_err();
    assert_eq!(backend.handlers.attempts(), 2);
}

#[tokio::test]
async fn a_write_is_never_repeated() {
    let backend = Backend::start().await;
    let status = backend.client().search_links(context().write().request(search("away"))).await.unwrap_err();
    assert_eq!(backend.handlers.attempts(), 1);
    assert_eq!(Error::from_status(&status).code, Code::Unavailable);
    // Nor is a request that was made without any context.
    backend.client().search_links(search("away")).await.unwrap_err();
    assert_eq!(backend.handlers.attempts(), 2);
}

#[tokio::test]
async fn other_failures_and_requests_to_wait_are_not_repeated() {
    let backend = Backend::start().await;
    for (n, text) in ["later", "fault", "taken"].into_iter().enumerate() {
        backend.client().search_links(context().read().request(search(text))).await.unwrap_err();
        assert_eq!(backend.handlers.attempts(), n as u32 + 1, "{text}");
    }
}

#[tokio::test]
async fn f17_retries_can_not_amplify() {
    let backend = Backend::with(|rpc| {
        (rpc.retry_budget_percent, rpc.retry_floor_per_second) = (10, 10);
        rpc.breaker_min_calls = u32::MAX;
    })
    .await;
    let mut client = backend.client();
    let start = Instant::now();
    for _ in 0..500 {
        client.search_links(context().read().request(search("away"))).await.unwrap_err();
    }
    let seconds = start.elapsed().as_secs_f64().ceil() + 1.0;
    let attempts = backend.handlers.attempts();
    assert!(attempts > 500, "some are retried");
    assert!(f64::from(attempts) <= 500.0 * 1.1 + 10.0 * seconds, "{attempts} attempts in {seconds} s");
}

#[tokio::test]
async fn calls_of_a_request_are_counted_together() {
    let backend = Backend::start().await;
    let call = context();
    backend.client().search_links(call.read().request(search(""))).await.unwrap();
    backend.client().search_links(call.write().request(search("taken"))).await.unwrap_err();
    assert_eq!(call.calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_backend_that_accepts_and_says_nothing_costs_the_deadline_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = curtail_config::Config::for_tests();
    config.rpc.write_timeout_ms = 150;
    let start = Instant::now();
    let status = SearchServiceClient::new(channel(&url, &config)).search_links(search("")).await.unwrap_err();
    assert_eq!(Error::from_status(&status).code, Code::DeadlineExceeded);
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_restarted_backend_is_found_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let first = Backend::on(listener, |_| {}).await;
    let mut client = first.client();
    client.search_links(context().read().request(search(""))).await.unwrap();
    first.shutdown.begin();
    curtail_testkit::until(async || first.server.is_finished(), Duration::from_secs(5), "the first server has ended")
        .await;
    let status = client.search_links(context().read().request(search(""))).await.unwrap_err();
    let error = Error::from_status(&status);
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "SEARCH_UNAVAILABLE"));
    let _second = Backend::on(TcpListener::bind(address).await.unwrap(), |_| {}).await;
    client.search_links(context().read().request(search(""))).await.unwrap();
}

#[tokio::test]
async fn more_calls_than_allowed_do_not_go_out() {
    let backend = Backend::start().await;
    let mut config = backend.config.clone();
    config.rpc.max_in_flight = 1;
    let client = SearchServiceClient::new(channel(&backend.url(), &config));
    let mut hanging = client.clone();
    let hanging = tokio::spawn(async move { hanging.search_links(context().request(search("hang"))).await });
    curtail_testkit::until(async || backend.handlers.attempts() == 1, Duration::from_secs(5), "the first call is in")
        .await;
    let error = Error::from_status(&client.clone().search_links(context().request(search(""))).await.unwrap_err());
    assert_eq!((error.code, error.reason.as_ref()), (Code::Unavailable, "SEARCH_UNAVAILABLE"));
    assert_eq!(backend.handlers.attempts(), 1);
    hanging.abort();
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code() {
    let backend = Backend::start().await;
    // Rendering installs the recorder; what was recorded before it went nowhere.
    curtail_telemetry::render_metrics();
    backend.client().search_links(context().read().request(search("taken"))).await.unwrap_err();
    let metrics = curtail_telemetry::render_metrics();
    let counted = |name: &str, labels: &[&str]| {
        metrics.lines().any(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)))
    };
    let method = "method=\"curtail.search.v1.SearchService/SearchLinks\"";
    let code = "code=\"ALREADY_EXISTS\"";
    assert!(counted("rpc_client_requests_total", &["backend=\"search\"", method, code]), "{metrics}");
    assert!(counted("rpc_server_requests_total", &["service=\"search\"", method, code]), "{metrics}");
    assert!(counted("rpc_client_request_duration_seconds", &[method]), "{metrics}");
}
