//! The client against real listeners on loopback, which the rules of these tests allow by its one address 127.0.0.2.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use curtail_outbound::{Answer, Client, Failure, Limits, Resolver, Rules};
use http::HeaderMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

const ALLOWED: &str = "127.0.0.2";

/// A client of loopback's second address, with a name server of its own.
fn client(resolver: Resolver, time: Duration) -> Client {
    let rules = Rules::new(vec!["127.0.0.2/32".parse().unwrap()], true);
    Client::new(Arc::new(rules), resolver, Vec::new(), Limits { time, answer_bytes: 16 }).unwrap()
}

fn names(table: impl Fn(&str) -> Vec<&'static str> + Send + Sync + 'static) -> Resolver {
    Resolver::Given(Arc::new(move |name| table(name).into_iter().map(|text| text.parse::<IpAddr>().unwrap()).collect()))
}

/// Listens on an address, counts connections, and answers each request with `answer`, if any, and then silence.
async fn listen(address: &str, answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let (port, hits) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
    let counter = Arc::clone(&hits);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut bytes = [0; 4_096];
                while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (port, hits)
}

async fn post(client: &Client, url: &str) -> Result<Answer, Failure> {
    client.post(&Url::parse(url).unwrap(), HeaderMap::new(), Bytes::from_static(b"{}")).await
}

const LONG: Duration = Duration::from_secs(20);
const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

#[tokio::test]
async fn s08_a_name_that_turns_private_between_two_looks_is_never_contacted() {
    let (port, hits) = listen("127.0.0.1", FINE).await;
    // Public when it is checked, private from then on: the address that was checked is the one that is contacted.
    let looks = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&looks);
    let table = move |_: &str| vec![if seen.fetch_add(1, Ordering::Relaxed) == 0 { "127.0.0.2" } else { "127.0.0.1" }];
    let client = client(names(table), LONG);
    let url = format!("http://rebind.example:{port}/");
    // No one listens on the permitted address at this port.
    assert_eq!(post(&client, &url).await, Err(Failure::Connect));
    assert_eq!(looks.load(Ordering::Relaxed), 1, "one look-up for one connection");
    assert_eq!(post(&client, &url).await, Err(Failure::Forbidden));
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn s08_private_addresses_are_not_contacted_by_name_or_number() {
    let (port, hits) = listen("127.0.0.1", FINE).await;
    let client =
        client(names(|name| if name == "none.example" { vec![] } else { vec!["127.0.0.1", "::ffff:127.0.0.1"] }), LONG);
    for host in ["private.example", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "localhost"] {
        assert_eq!(post(&client, &format!("http://{host}:{port}/")).await, Err(Failure::Forbidden), "{host}");
    }
    assert_eq!(post(&client, "http://none.example/").await, Err(Failure::NotFound));
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn s08_of_several_addresses_only_permitted_ones_are_contacted() {
    let (port, hits) = listen(ALLOWED, FINE).await;
    let client = client(names(|_| vec!["10.0.0.1", "127.0.0.1", "127.0.0.2"]), LONG);
    let answer = post(&client, &format!("http://mixed.example:{port}/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"fine"[..]));
    // The connection is used again.
    post(&client, &format!("http://mixed.example:{port}/")).await.unwrap();
    assert_eq!(hits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn s08_a_redirect_is_an_answer() {
    let (inside, hits) = listen("127.0.0.1", FINE).await;
    let redirect =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{inside}/\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = listen(ALLOWED, redirect.leak()).await;
    let answer = post(&client(Resolver::System, LONG), &format!("http://{ALLOWED}:{port}/")).await.unwrap();
    assert_eq!(answer.status.as_u16(), 307);
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn everything_has_an_end() {
    let began = Instant::now();
    let short = client(Resolver::System, Duration::from_millis(200));
    let (silent, _) = listen(ALLOWED, "").await;
    assert_eq!(post(&short, &format!("http://{ALLOWED}:{silent}/")).await, Err(Failure::Timeout));
    // A body that never ends is cut, and the status counts.
    let (slow, _) = listen(ALLOWED, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc").await;
    let answer = post(&short, &format!("http://{ALLOWED}:{slow}/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"abc"[..]));
    let (long, _) =
        listen(ALLOWED, "HTTP/1.1 500 No\r\ncontent-length: 40\r\n\r\n0123456789012345678901234567890123456789").await;
    assert_eq!(post(&short, &format!("http://{ALLOWED}:{long}/")).await.unwrap().body, "0123456789012345");
    let (noise, _) = listen(ALLOWED, "SSH-2.0-OpenSSH\r\n").await;
    assert_eq!(post(&short, &format!("http://{ALLOWED}:{noise}/")).await, Err(Failure::Broken));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn s08_https_is_spoken_and_certificates_are_checked() {
    let (plain, _) = listen(ALLOWED, FINE).await;
    let client = client(Resolver::System, Duration::from_secs(5));
    assert_eq!(post(&client, &format!("https://{ALLOWED}:{plain}/")).await, Err(Failure::Tls));
}
