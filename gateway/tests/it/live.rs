//! Subscriptions as clients see them: clicks by socket and by event stream, and how both end.

use std::time::{Duration, Instant};

use curtail_testkit::until;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::events::{Events, stream};
use crate::platform::{Answer, Platform};
use crate::socket::{CLICKS, PATIENCE, Redirector, Socket, access, workspace};

#[tokio::test]
async fn a_click_is_seen_within_a_second_by_socket_and_by_event_stream() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("all", CLICKS, json!({})).await;
    let mut events =
        Events::of(&platform, access(&ann), "subscription { clicks(linkId: 8) { nodes { linkId } } }").await;
    let mut redirector = Redirector::new(&platform, 1).await;
    redirector.click(home, 9, 1).await;
    socket.clicks(1).await;

    let start = Instant::now();
    redirector.click(home, 8, 1).await;
    let (clicks, _) = socket.clicks(1).await;
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    let seen = &clicks[0];
    assert_eq!(
        (&seen["linkId"], &seen["browser"], &seen["device"]),
        (&json!("8"), &json!("Firefox"), &json!("desktop"))
    );
    assert_eq!((&seen["channel"], &seen["bot"], &seen["qr"]), (&json!("direct"), &json!(false), &json!(false)));
    let (name, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["data"]["clicks"]["nodes"]), ("next", &json!([{"linkId": "8"}])));

    socket.say(json!({"type": "complete", "id": "all"})).await;
    socket.subscribe("all", "{ version }", Value::Null).await;
    assert_eq!(
        socket.hear().await["payload"]["data"]["version"],
        env!("CARGO_PKG_VERSION"),
        "a query, under the free id"
    );
    assert_eq!(socket.hear().await, json!({"type": "complete", "id": "all"}));
}

#[tokio::test]
async fn s18_a_stranger_sees_nothing_and_nobody_signs_in_first() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let (home, other) = (workspace(&platform, &ann).await, workspace(&platform, &bob).await);
    let mut socket = Socket::of(&platform, access(&bob)).await;
    for strange in [home.to_string(), "0".into(), "nonsense".into()] {
        socket.subscribe("1", CLICKS, json!({"workspace": strange})).await;
        let message = socket.hear().await;
        assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
        assert_eq!(socket.hear().await["type"], "complete");
    }
    // A link of someone else has no clicks in one's own workspace.
    socket.subscribe("1", CLICKS, json!({"link": "9"})).await;
    socket.subscribe("2", CLICKS, json!({})).await;
    let mut redirector = Redirector::new(&platform, 1).await;
    redirector.click(home, 9, 3).await;
    redirector.click(other, 4, 1).await;
    let message = socket.hear().await;
    assert_eq!(
        (&message["id"], &message["payload"]["data"]["clicks"]["nodes"][0]["linkId"]),
        (&json!("2"), &json!("4"))
    );

    let mut nobody = Socket::open(&platform, &[]).await.unwrap();
    nobody.say(json!({"type": "connection_init"})).await;
    assert_eq!(nobody.hear().await["type"], "connection_ack");
    nobody.subscribe("1", CLICKS, json!({})).await;
    assert_eq!(nobody.hear().await["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_session_that_ends_takes_its_connections_along() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", CLICKS, json!({})).await;
    let mut events = Events::of(&platform, access(&ann), "subscription { clicks { skipped } }").await;
    let out = platform.as_page(&ann, "mutation { logout { userErrors { code } } }", Value::Null).await;
    assert_eq!(out.body["data"]["logout"]["userErrors"], json!([]), "{out:?}");
    let start = Instant::now();
    assert_eq!(socket.closed().await, 4403);
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    let (name, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["errors"][0]["extensions"]["code"]), ("next", &json!("UNAUTHENTICATED")));
    assert_eq!(events.next().await.unwrap().0, "complete");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_subscription_outlives_internal_tokens_and_neither_loses_nor_repeats_a_click() {
    let platform = Platform::start(|config| config.auth.internal_token_seconds = 5).await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", CLICKS, json!({})).await;
    let mut redirector = Redirector::new(&platform, 1).await;
    redirector.click(home, 1, 1).await;
    let mut ids = std::collections::HashSet::new();
    let mut seen = async |socket: &mut Socket, count| {
        let (clicks, skipped) = socket.clicks(count).await;
        assert_eq!(skipped, 0);
        for click in clicks {
            assert!(ids.insert(click["id"].to_string()), "told twice: {click}");
        }
    };
    seen(&mut socket, 1).await;
    let start = Instant::now();
    let mut sent = 0;
    while start.elapsed() < Duration::from_secs(9) {
        redirector.click(home, 1, 1).await;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen(&mut socket, sent).await;
    assert_eq!(ids.len() as u64, sent + 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_what_it_missed() {
    let platform = Platform::start(|config| config.analytics.live_clicks_per_second = 2).await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", CLICKS, json!({})).await;
    let mut redirector = Redirector::new(&platform, 1).await;
    redirector.click(home, 1, 1).await;
    socket.clicks(1).await;
    for _ in 0..20 {
        redirector.click(home, 1, 500).await;
    }
    let (clicks, skipped) = socket.clicks(10_000).await;
    assert_eq!(clicks.len() as u64 + skipped, 10_000);
    assert!(skipped > 9_000, "{skipped}");
}

#[tokio::test]
async fn f14_sockets_and_event_streams_say_good_bye_when_the_gateway_stops() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    let mut events = Events::of(&platform, access(&ann), "subscription { clicks { skipped } }").await;
    platform.stop();
    let Message::Close(Some(close)) = socket.frame().await else { panic!("a close frame") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "Going away, come back"));
    assert!(events.next().await.is_none_or(|(name, _)| name != "complete"), "it is not over: the client comes back");
    assert_eq!(events.retry(), Some(500), "and waits so many milliseconds");
}

#[tokio::test]
async fn event_streams_tell_refused_documents_and_queries_as_events_and_the_rest_by_status() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    for (query, code) in [
        ("subscription { clicks { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { a: clicks { skipped } b: clicks { skipped } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { clicks(workspaceId: \"1\") { skipped } }", "NOT_FOUND"),
    ] {
        let mut events = Events::of(&platform, access(&ann), query).await;
        let (name, data) = events.next().await.unwrap();
        assert_eq!(
            (name.as_str(), &data["errors"][0]["extensions"]["code"]),
            ("next", &json!(code)),
            "{query}: {data}"
        );
        assert_eq!(events.next().await.unwrap().0, "complete");
        assert!(events.next().await.is_none());
    }
    let mut events = Events::of(&platform, access(&ann), "{ version }").await;
    assert!(events.next().await.unwrap().1["data"]["version"].is_string());
    let mutation = stream(&platform, "mutation { logout { userErrors { code } } }").bearer_auth(access(&ann));
    let mutation = Answer::of(mutation).await;
    assert_eq!((mutation.status.as_u16(), mutation.code()), (406, "NOT_ACCEPTABLE"));
    let wrong = Answer::of(stream(&platform, "subscription { clicks { skipped } }").bearer_auth("nonsense")).await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (401, "UNAUTHENTICATED"));
    let plain = platform.ask("subscription { clicks { skipped } }").await;
    assert_eq!((plain.status.as_u16(), plain.code()), (400, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn s20_a_page_of_another_origin_opens_no_socket_and_cookies_count_on_ours() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let own = platform.config.domains.app_url.clone();
    for (origin, expected) in
        [(None, "UNAUTHENTICATED"), (Some(own.as_str()), ""), (Some("https://evil.example"), "403")]
    {
        let mut headers = vec![("cookie", ann.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let mut socket = match Socket::open(&platform, &headers).await {
            Ok(socket) => socket,
            Err(Error::Http(response)) => {
                assert_eq!(response.status().as_str(), expected);
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        socket.say(json!({"type": "connection_init"})).await;
        socket.hear().await;
        socket.subscribe("1", "{ links { edges { cursor } } }", json!({})).await;
        let code = socket.hear().await["payload"][0]["extensions"]["code"].clone();
        assert_eq!(code.as_str().unwrap_or_default(), expected, "{origin:?}");
    }
    let handshake = platform.http.get(format!("{}/graphql", platform.url)).header("upgrade", "websocket");
    assert_eq!(Answer::of(handshake.header("connection", "upgrade")).await.status, 400);
}

#[tokio::test]
async fn a_socket_of_a_client_that_is_gone_gives_its_place_back() {
    let platform = Platform::start(|config| config.gateway.live_connections_per_user = 2).await;
    let ann = platform.register("ann").await;
    let (first, _second) = (Socket::of(&platform, access(&ann)).await, Socket::of(&platform, access(&ann)).await);
    let third = async || {
        let mut socket =
            Socket::open(&platform, &[("authorization", &format!("Bearer {}", access(&ann)))]).await.unwrap();
        socket.say(json!({"type": "connection_init"})).await;
        socket.next().await.map(drop)
    };
    assert_eq!(third().await, Err(4429));
    let events = stream(&platform, "subscription { clicks { skipped } }");
    let refused = Answer::of(events.bearer_auth(access(&ann))).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "TOO_MANY_CONNECTIONS"));
    drop(first);
    until(async || third().await.is_ok(), PATIENCE, "there is a place again").await;
}

/// A client that reads nothing, as one that is gone without a word, until what it is sent fits into no buffer any more.
#[tokio::test]
async fn an_event_stream_that_takes_nothing_gives_its_place_back() {
    let platform = Platform::start(|config| {
        config.gateway.live_keep_alive_ms = 500;
        config.gateway.live_connections_per_user = 1;
        config.analytics.live_clicks_per_second = 10_000;
    })
    .await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let everything = "subscription { clicks { nodes { id at linkId browser os device channel language } skipped } }";
    let mut events = Events::of(&platform, access(&ann), everything).await;
    let mut redirector = Redirector::new(&platform, 1).await;
    redirector.click(home, 1, 1).await;
    events.next().await.unwrap();
    let clicking = async {
        loop {
            redirector.click(home, 1, 500).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    };
    let free = async || {
        let request = stream(&platform, "{ version }").bearer_auth(access(&ann));
        Answer::of(request).await.status == 200
    };
    tokio::select! {
        () = until(free, Duration::from_secs(60), "its place is free") => {}
        () = clicking => {}
    }
}
