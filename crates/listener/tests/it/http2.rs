//! Clients of HTTP/2 that ask for nothing, or take nothing.

use std::time::Duration;

use curtail_listener::Bounds;
use curtail_testkit::http2::{Http2Client, frame, get};

use crate::wire::{LARGE, bounds, start};

const GO_AWAY: u8 = 7;
const RESET: u8 = 3;
const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 0xb];

#[tokio::test(flavor = "multi_thread")]
async fn s46_frames_that_ask_for_nothing_end_in_go_away() {
    let to = start(Bounds { header_timeout: Duration::from_secs(60), ..bounds() }).await;
    let floods: [(&str, Vec<u8>); 5] = [
        ("PING", frame(6, 0, 0, &[0; 8])),
        ("SETTINGS", frame(4, 0, 0, &[])),
        ("PRIORITY", frame(2, 0, 1, &[0, 0, 0, 0, 9])),
        ("WINDOW_UPDATE", frame(8, 0, 0, &[0, 0, 0, 1])),
        ("unknown", frame(0xbe, 0, 0, &[1; 8])),
    ];
    for (name, one) in floods {
        let mut client = Http2Client::connect(to, 65_535).await;
        assert!(client.send(&frame(1, 5, 1, &get("/"))).await);
        let flood = one.repeat(100);
        let (mut reader, mut writer) = client.stream.into_split();
        let writing = tokio::spawn(async move {
            let mut sent = 0usize;
            while sent < 1_000_000 && tokio::io::AsyncWriteExt::write_all(&mut writer, &flood).await.is_ok() {
                sent += 100;
            }
            sent
        });
        let mut received = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut received).await;
        assert!(writing.await.unwrap() < 1_000_000, "{name} for ever");
        let (go_away, before) = (&received[received.len().saturating_sub(17)..], received.len());
        assert!(
            go_away.get(3) == Some(&GO_AWAY) && go_away.ends_with(&ENHANCE_YOUR_CALM),
            "{name}: {go_away:?} of {before}"
        );
    }
}

#[tokio::test]
async fn s46_window_updates_and_pings_of_a_client_that_reads_are_free() {
    let to = start(bounds()).await;
    let mut client = Http2Client::connect(to, 65_535).await;
    for n in 0..10 {
        client.send(&frame(1, 5, 2 * n + 1, &get("/large"))).await;
        let mut read = 0;
        while read < LARGE {
            let (kind, _, stream, payload) = client.next().await.expect("the connection stays open");
            if kind == 0 && !payload.is_empty() {
                read += payload.len();
                let increment = (payload.len() as u32).to_be_bytes();
                let updates = [frame(8, 0, 0, &increment), frame(8, 0, stream, &increment), frame(6, 0, 0, &[0; 8])];
                client.send(&updates.concat()).await;
            }
        }
    }
}

#[tokio::test]
async fn s43_a_response_that_is_not_taken_is_reset_and_many_end_the_connection() {
    let to = start(bounds()).await;
    for window in [0, 1, 10_000] {
        let mut client = Http2Client::connect(to, window).await;
        client.send(&frame(1, 5, 1, &get("/large"))).await;
        let reset = client.until(RESET).await.expect("a reset");
        assert_eq!(reset.2, 1, "window {window}");
        for n in 1..=40 {
            client.send(&frame(1, 5, 2 * n + 1, &get("/large"))).await;
        }
        let go_away = client.until(GO_AWAY).await.expect("GOAWAY");
        assert!(go_away.3.ends_with(&ENHANCE_YOUR_CALM), "{go_away:?}");
    }
}

#[tokio::test]
async fn s43_bytes_that_wait_are_bounded_per_connection_and_per_address() {
    let slow = Bounds { send_timeout: Duration::from_secs(60), ..bounds() };
    for bounds in [
        Bounds { waiting_bytes_per_connection: 3 * LARGE, ..slow.clone() },
        Bounds { waiting_bytes_per_address: 3 * LARGE, ..slow.clone() },
    ] {
        let to = start(bounds).await;
        let mut client = Http2Client::connect(to, 0).await;
        // All are worked on at once, so each is admitted; the fourth response is too much.
        let requests: Vec<u8> = (0..4).flat_map(|n| frame(1, 5, 2 * n + 1, &get("/large"))).collect();
        client.send(&requests).await;
        let reset = client.until(RESET).await.expect("a reset");
        assert_eq!(reset.3, ENHANCE_YOUR_CALM);
    }
}

#[tokio::test]
async fn s43_a_client_that_reads_slowly_but_steadily_gets_all_of_it() {
    let to = start(Bounds { send_bytes_per_second: 100_000, ..bounds() }).await;
    let mut client = Http2Client::connect(to, 30_000).await;
    client.send(&frame(1, 5, 1, &get("/large"))).await;
    let mut read = 0;
    while read < LARGE / 3 {
        let (kind, _, stream, payload) = client.next().await.expect("the connection stays open");
        assert_ne!(kind, RESET, "after {read} bytes");
        if kind == 0 {
            read += payload.len();
            tokio::time::sleep(Duration::from_millis(payload.len() as u64 / 300)).await;
            let increment = (payload.len() as u32).to_be_bytes();
            client.send(&[frame(8, 0, 0, &increment), frame(8, 0, stream, &increment)].concat()).await;
        }
    }
}
