//! How fast notify-svc brings mails to an SMTP server, alone and while some recipients are answered slowly. `bench/mail_throughput.sh`
//! starts the stores; the service and the SMTP server (which answers at once and forgets) run inside of this process.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::{Config, Secret};
use curtail_lifecycle::Shutdown;
use curtail_service::Deps;
use notify_svc::store::messages::{self, Medium, Row};
use rand::RngExt as _;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How long the answer to a slow recipient takes.
const SLOW: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count: usize = argument(1, 5_000)?;
    let in_flight: usize = argument(2, 8)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut config = Config { rpc: Config::for_tests().rpc, ..Config::load()? };
    config.notify = Config::for_tests().notify;
    config.notify.smtp_url = Secret::new(format!("smtp://{}", listener.local_addr()?));
    config.notify.mail_in_flight = in_flight;
    let received = Arc::new(AtomicUsize::new(0));
    tokio::spawn(accept(listener, Arc::clone(&received)));
    notify_svc::migrate(&config.database).await?;

    let shutdown = Shutdown::configured(&config.lifecycle);
    let deps = Deps {
        clock: Clock::system(),
        rng: Box::new(rand::make_rng::<rand::rngs::StdRng>()),
        keys: curtail_rpc::Keys::Given(curtail_tokens::KeyRing::of([])),
    };
    let running = notify_svc::start(config.clone(), deps, shutdown.clone()).await?;
    for (name, slow) in [("all answered at once", 0), ("two in a thousand answered after 2 s", 2)] {
        let rate = measure(&config, &received, count, slow).await?;
        println!("{count} mails, {in_flight} at once, {name}: {rate:.0}/s");
    }
    shutdown.begin();
    running.join().await
}

fn argument(position: usize, default: usize) -> anyhow::Result<usize> {
    std::env::args().nth(position).map_or(Ok(default), |text| text.parse().context("a number"))
}

/// Mails per second for the fast ones among `count`, `slow` of each thousand being slow.
async fn measure(config: &Config, received: &AtomicUsize, count: usize, slow: usize) -> anyhow::Result<f64> {
    let pool = curtail_db::connect(&config.database, notify_svc::SCHEMA).await?;
    let (before, now) = (received.load(Ordering::Relaxed), Clock::system().now());
    let mut rng = rand::make_rng::<rand::rngs::StdRng>();
    let rows: Vec<Row> = (0..count)
        .map(|number| {
            let name = if number % 1000 < slow { "slow" } else { "fast" };
            Row {
                id: rng.random::<[u8; 16]>().to_vec(),
                medium: Medium::Mail,
                kind: "link-expired".into(),
                user_id: Some(1),
                workspace_id: 1,
                address: format!("{name}{number}@example.com"),
                full_name: "Ada Lovelace".into(),
                data: json!({"title": "Learn Rust", "short_url": "https://go.example/learn", "at": "2026-11-21T12:00:00Z",
                             "exhausted": false, "clicks": 0}),
                attempts: 0,
                created_at: now,
                error: String::new(),
            }
        })
        .collect();
    for rows in rows.chunks(1_000) {
        messages::add(&pool, rows, now).await?;
    }
    let began = Instant::now();
    let fast = count - count.div_ceil(1000) * slow;
    while received.load(Ordering::Relaxed) - before < fast {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = fast as f64 / began.elapsed().as_secs_f64();
    while received.load(Ordering::Relaxed) - before < count {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(rate)
}

async fn accept(listener: TcpListener, received: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            // A client that hangs up is no news.
            let _ = serve(stream, &received).await;
        });
    }
}

/// The least that an SMTP server says.
async fn serve(stream: TcpStream, received: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 bench\r\n").await?;
    let (mut line, mut data) = (String::new(), false);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match line.trim_end() {
            "." if data => {
                data = false;
                received.fetch_add(1, Ordering::Relaxed);
                b"250 taken\r\n"
            }
            _ if data => continue,
            "DATA" => {
                data = true;
                b"354 go on\r\n"
            }
            "QUIT" => return stream.get_mut().write_all(b"221 bye\r\n").await,
            other => {
                if other.starts_with("RCPT TO:<slow") {
                    tokio::time::sleep(SLOW).await;
                }
                b"250 ok\r\n"
            }
        };
        stream.get_mut().write_all(answer).await?;
    }
}
