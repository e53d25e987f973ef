//! Connections on which no token was verified.

use std::time::{Duration, Instant};

use curtail_testkit::http2::{Frame, Http2Client, frame, grpc};

use crate::backend::{Backend, context, search};

const HEADERS: u8 = 1;
const GO_AWAY: u8 = 7;
const CHECK: &str = "/grpc.health.v1.Health/Check";
/// A message of no bytes, and the end of the stream.
const EMPTY: [u8; 5] = [0; 5];

/// The next end of a stream: its number, and whether it is a response with nothing but a status.
async fn next_headers(client: &mut Http2Client) -> Frame {
    client.until(HEADERS).await.expect("the connection stays open")
}

#[tokio::test]
async fn s45_few_streams_are_open_before_a_token_was_verified_and_idle_ones_end() {
    let backend = Backend::with(|rpc| rpc.unverified_streams = 4).await;
    let mut client = Http2Client::connect(backend.address, 65_535).await;
    // Without a message the first four wait.
    let opened: Vec<u8> = (0..6).flat_map(|n| frame(HEADERS, 4, 2 * n + 1, &grpc(CHECK))).collect();
    client.send(&opened).await;
    let mut refused = [next_headers(&mut client).await.2, next_headers(&mut client).await.2];
    refused.sort_unstable();
    assert_eq!(refused, [9, 11]);
    // A stream with its message is answered as soon as there is room.
    client.send(&frame(0, 1, 1, &EMPTY)).await;
    assert_eq!(next_headers(&mut client).await.2, 1);
    let begun = Instant::now();
    let mut ended: Vec<u32> = Vec::new();
    while !(ended.contains(&3) && ended.contains(&5) && ended.contains(&7)) {
        ended.push(next_headers(&mut client).await.2);
    }
    assert!(begun.elapsed() > Duration::from_secs(3), "they had time for their message");
}

#[tokio::test]
async fn s45_a_thousand_refusals_end_the_connection() {
    let backend = Backend::start().await;
    let mut client = Http2Client::connect(backend.address, 65_535).await;
    let call = grpc("/curtail.search.v1.SearchService/SearchLinks");
    let mut refused = 0;
    'connection: for batch in 0..20u32 {
        let calls: Vec<u8> = (0..100)
            .flat_map(|n| {
                let stream = 2 * (batch * 100 + n) + 1;
                [frame(HEADERS, 4, stream, &call), frame(0, 1, stream, &EMPTY)].concat()
            })
            .collect();
        client.send(&calls).await;
        for _ in 0..100 {
            let frame = loop {
                match client.next().await {
                    Some(frame) if matches!(frame.0, HEADERS | GO_AWAY) => break frame,
                    Some(_) => {}
                    None => break 'connection,
                }
            };
            if frame.0 == GO_AWAY {
                assert!(frame.3.ends_with(&[0, 0, 0, 0xb]), "{frame:?}");
                assert!((900..=1000).contains(&refused), "{refused}");
                assert!(backend.client().search_links(context().request(search(""))).await.is_ok());
                return;
            }
            refused += 1;
        }
    }
    assert!((900..=1000).contains(&refused), "closed without GOAWAY after {refused}");
}

#[tokio::test]
async fn s45_a_verified_connection_has_all_its_streams() {
    let backend = Backend::with(|rpc| rpc.unverified_streams = 1).await;
    let client = backend.client();
    assert!(client.clone().search_links(context().request(search(""))).await.is_ok());
    let calls = (0..20).map(|_| {
        let mut client = client.clone();
        async move { client.search_links(context().request(search(""))).await.is_ok() }
    });
    for call in calls.map(tokio::spawn).collect::<Vec<_>>() {
        assert!(call.await.unwrap());
    }
}
