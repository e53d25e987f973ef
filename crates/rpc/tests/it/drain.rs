//! The end of a server.

use std::time::Duration;

use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::backend::{Backend, bare, context, search};

#[tokio::test]
async fn what_is_in_flight_is_finished() {
    let mut backend = Backend::start().await;
    let mut client = backend.client();
    let call = tokio::spawn(async move { client.search_links(context().request(search("slow"))).await });
    curtail_testkit::until(async || backend.handlers.attempts() == 1, Duration::from_secs(5), "the call is in").await;
    backend.shutdown.begin();
    assert!(call.await.unwrap().is_ok());
    (&mut backend.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn watchers_see_it_coming_and_do_not_hold_it_up() {
    let mut backend = Backend::start().await;
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = HealthClient::new(bare(&backend.url())).watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    backend.shutdown.begin();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    tokio::time::timeout(Duration::from_secs(5), &mut backend.server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn an_abort_waits_for_nobody() {
    let mut backend = Backend::start().await;
    let mut client = backend.client();
    let call = tokio::spawn(async move { client.search_links(context().request(search("hang"))).await });
    curtail_testkit::until(async || backend.handlers.attempts() == 1, Duration::from_secs(5), "the call is in").await;
    backend.shutdown.abort();
    tokio::time::timeout(Duration::from_secs(2), &mut backend.server).await.unwrap().unwrap().unwrap();
    call.abort();
}
