//! Many idle subscribers: memory of the gateway per subscriber, CPU of all, and how soon all receive an event.
//! `bench/idle_subscribers.sh` starts it.
#![allow(clippy::print_stdout)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::load::Outcome;
use bench::own_gateway::metric;
use bench::platform::Gateway;
use bench::visit::Visitors;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Sign-ups at a time: a password is hashed for each, which is slow by design.
const SIGN_UPS: usize = 2;
/// Handshakes at a time.
const HANDSHAKES: usize = 32;
/// Connections that one local address makes: fewer than a listener admits of one.
const OF_ONE_ADDRESS: usize = 1_000;
/// A subscriber that is not told within this time counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long all are awaited before anything is measured, and how often something is tried.
const SETTLE: Duration = Duration::from_secs(5);
const TRIES: u32 = 10;
/// The pause before a socket is opened again.
const AGAIN: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let number = |name: &str, default: usize| std::env::var(name).map_or(Ok(default), |text| text.parse());
    let (subscribers, users) = (number("BENCH_SUBSCRIBERS", 10_000)?, number("BENCH_USERS", 500)?);
    let idle = Duration::from_secs(number("BENCH_IDLE_SECONDS", 60)?.try_into()?);
    let told = Arc::new(Received::new(users));
    let config = curtail_config::Config::load().context("needs the configuration of the running platform")?;
    let admin = config.gateway.admin_listen;
    let cpu = async || metric(admin, "process_cpu_seconds_total").await;
    let memory = async || Ok::<_, anyhow::Error>(metric(admin, "process_resident_memory_bytes").await? / 1024.0);

    let start = Instant::now();
    let owners = many(users, SIGN_UPS, |n| async move { Owner::make(n).await }).await?;
    println!("{users} users in {:.0} s", start.elapsed().as_secs_f64());
    let before = memory().await?;

    let start = Instant::now();
    many(subscribers, HANDSHAKES, |n| {
        let (token, told, user) = (owners[n % users].token.clone(), told.clone(), n % users);
        async move {
            tokio::spawn(follow(subscribe(n, &token).await?, user, told));
            Ok(())
        }
    })
    .await?;
    println!("{subscribers} subscribers in {:.0} s", start.elapsed().as_secs_f64());
    // A new subscriber may not receive yet: repeat until one event reaches all of them.
    let mut tries = 0;
    while told.round(&owners, subscribers, SETTLE).await?.errors > 0 {
        tries += 1;
        anyhow::ensure!(tries < TRIES, "some are never told");
    }

    let (from, used) = (Instant::now(), cpu().await?);
    tokio::time::sleep(idle).await;
    let share = (cpu().await? - used) / from.elapsed().as_secs_f64();
    let after = memory().await?;
    let each = (after - before) / subscribers as f64;
    println!(
        "memory: {:.0} MiB before, {:.0} MiB with all: {each:.1} KiB a subscriber",
        before / 1024.0,
        after / 1024.0
    );
    println!("waiting: {:.1} % of a core over {} s", share * 100.0, idle.as_secs());
    let seen = told.round(&owners, subscribers, PATIENCE).await?;
    let [p50, p99, last] = [0.5, 0.99, 1.0].map(|share| seen.percentile(share).as_secs_f64() * 1e3);
    println!(
        "click -> all: p50 {p50:.0} ms, p99 {p99:.0} ms, last {last:.0} ms, {} told, {} not",
        seen.answered(),
        seen.errors
    );
    Ok(())
}

/// An account with a link.
struct Owner {
    token: String,
    path: String,
}

impl Owner {
    async fn make(n: usize) -> anyhow::Result<Self> {
        let gateway = Gateway::sign_up_as(&format!("idle-{n}-{}", std::process::id())).await?;
        let path = format!("/{}", gateway.make_link("https://example.org/idle").await?.1);
        Ok(Self { token: gateway.token, path })
    }
}

/// Which subscriber received what.
struct Received {
    /// When the link of each user was clicked.
    clicked: Vec<Mutex<Instant>>,
    round: AtomicU64,
    latencies: Mutex<Vec<Duration>>,
}

impl Received {
    fn new(users: usize) -> Self {
        let clicked = (0..users).map(|_| Mutex::new(Instant::now())).collect();
        Self { clicked, round: AtomicU64::new(0), latencies: Mutex::default() }
    }

    /// Clicks each link once and waits until all subscribers received it.
    async fn round(&self, owners: &[Owner], subscribers: usize, patience: Duration) -> anyhow::Result<Outcome> {
        let redirector = std::env::var("CURTAIL_REDIRECTOR__LISTEN")?;
        let visitors = Visitors::connect(&redirector, 1).await?;
        self.latencies().clear();
        self.round.fetch_add(1, Ordering::SeqCst);
        let start = Instant::now();
        for (owner, clicked) in owners.iter().zip(&self.clicked) {
            *clicked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            visitors.visit(&owner.path).await?;
        }
        while self.latencies().len() < subscribers && start.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let latencies = self.latencies().clone();
        let missing = subscribers.saturating_sub(latencies.len()) as u64;
        Ok(Outcome::of(latencies, missing))
    }

    fn latencies(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does `what` for each number below `count`, so many `at_once`.
async fn many<T, F, Fut>(count: usize, at_once: usize, what: F) -> anyhow::Result<Vec<T>>
where
    T: Send + 'static,
    F: Fn(usize) -> Fut,
    Fut: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(at_once));
    let mut tasks = Vec::new();
    for n in 0..count {
        let place = places.clone().acquire_owned().await?;
        let doing = what(n);
        tasks.push(tokio::spawn(async move {
            let _place = place;
            doing.await
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await??);
    }
    Ok(done)
}

/// The `n`th socket, with its subscription. Comes back when the gateway asks for it: so many exchanges of credentials at once are more
/// than auth-svc may take.
async fn subscribe(n: usize, token: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let mut tries = 0;
    loop {
        match open(n, token).await {
            Err(_) if tries < TRIES => tries += 1,
            opened => return opened,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn open(n: usize, token: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let url = std::env::var("BENCH_GATEWAY").context("BENCH_GATEWAY; start with bench/idle_subscribers.sh")?;
    let host = url.strip_prefix("http://").context("BENCH_GATEWAY begins with http://")?.to_owned();
    let address: SocketAddr =
        tokio::net::lookup_host(&host).await?.find(SocketAddr::is_ipv4).context("the gateway has an IPv4 address")?;
    let socket = TcpSocket::new_v4()?;
    let from = u8::try_from(1 + n / OF_ONE_ADDRESS)?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0)))?;
    let stream = socket.connect(address).await?;
    let mut request = format!("ws://{host}/graphql").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    let payload = json!({"Authorization": format!("Bearer {token}")});
    socket.send(Message::text(json!({"type": "connection_init", "payload": payload}).to_string())).await?;
    let ack = socket.next().await.context("closed")??;
    anyhow::ensure!(ack.to_text()?.contains("connection_ack"), "no ack: {ack}");
    let query = json!({"query": "subscription { clicks { skipped } }"});
    socket.send(Message::text(json!({"type": "subscribe", "id": "1", "payload": query}).to_string())).await?;
    Ok(socket)
}

/// Reads until the socket is closed; reading answers pings.
async fn follow(mut socket: WebSocketStream<TcpStream>, user: usize, told: Arc<Received>) -> anyhow::Result<()> {
    let mut seen = 0;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        let message: Value = serde_json::from_str(&text)?;
        anyhow::ensure!(message["type"] == "next" && message["payload"]["data"].is_object(), "{message}");
        let round = told.round.load(Ordering::SeqCst);
        if std::mem::replace(&mut seen, round) < round {
            let clicked = *told.clicked[user].lock().unwrap_or_else(PoisonError::into_inner);
            told.latencies().push(clicked.elapsed());
        }
    }
    Ok(())
}
