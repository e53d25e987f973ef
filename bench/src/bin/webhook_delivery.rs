//! How many webhooks notify-svc delivers in a second, and how late at a steady rate: first with receivers that answer at once,
//! then with as many dead ones beside them. `bench/webhook_delivery.sh` starts the stores; the service and the receivers run
//! inside of this process.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkCreated, LinkSnapshot};
use curtail_proto::links::v1::Link;
use curtail_proto::notify::v1::CreateWebhookRequest;
use curtail_proto::notify::v1::webhook_service_client::WebhookServiceClient;
use curtail_rpc::{CallContext, Keys, ServiceIdentity};
use curtail_service::{Deps, Running};
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};
use fred::clients::Pool;
use prost::Message as _;
use rand::rngs::StdRng;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Workspaces with one webhook each that answers, among which the events go round.
const WORKSPACES: i64 = 20;

/// Events a second for the measurement of lateness, and for how long.
const STEADY: (u32, Duration) = (200, Duration::from_secs(15));

type Arrivals = Arc<Mutex<Vec<(i64, Instant)>>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let events = argument(1, 20_000)?;
    let dead = argument(2, WORKSPACES)?;
    let mut bench = Bench::start().await?;
    let arrivals = Arrivals::default();
    let well = receiver(Some(Arc::clone(&arrivals))).await?;
    for workspace in 1..=WORKSPACES {
        bench.webhook(workspace, &well).await?;
    }
    println!("{WORKSPACES} receivers that answer: {}", bench.measure(&arrivals, events).await?);
    let silent = receiver(None).await?;
    for number in 0..dead {
        bench.webhook(1 + number % WORKSPACES, &silent).await?;
    }
    println!("and {dead} that never do: {}", bench.measure(&arrivals, events).await?);
    bench.shutdown.begin();
    bench.shutdown.abort();
    // The tries that the dead ones still hold are given up with the process.
    drop(bench.running);
    Ok(())
}

fn argument(position: usize, default: i64) -> anyhow::Result<i64> {
    std::env::args().nth(position).map_or(Ok(default), |text| text.parse().context("a number"))
}

struct Bench {
    config: Config,
    redis: Pool,
    running: Running,
    shutdown: Shutdown,
    key: SigningKey,
    next_event: i64,
}

impl Bench {
    async fn start() -> anyhow::Result<Self> {
        let stores = Config::load_for_tools()?;
        let mut config = Config { database: stores.database, redis: stores.redis, ..Config::for_tests() };
        config.webhooks.allowed_networks = vec!["127.0.0.0/8".parse()?];
        config.webhooks.allow_http = true;
        notify_svc::migrate(&config.database).await?;
        let (key, shutdown) = (SigningKey::from_seed([5; 32]), Shutdown::configured(&config.lifecycle));
        let rng = Box::new(rand::make_rng::<StdRng>());
        let deps = Deps { clock: Clock::system(), rng, keys: Keys::Given(KeyRing::of([&key])) };
        let running = notify_svc::start(config.clone(), deps, shutdown.clone()).await?;
        while !running.readiness.is_ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let redis = curtail_streams::connect(&config.redis).await?;
        Ok(Self { config, redis, running, shutdown, key, next_event: 0 })
    }

    async fn webhook(&self, workspace_id: i64, url: &str) -> anyhow::Result<()> {
        let identity = ServiceIdentity::new("bench", &self.config.rpc.service_key, Clock::system());
        let address = format!("http://{}", self.running.addr);
        let channel = curtail_rpc::connect("notify", &address, &self.config.rpc, identity)?;
        let message = CreateWebhookRequest {
            workspace_id,
            url: url.into(),
            events: vec!["link.created".into()],
            ..CreateWebhookRequest::default()
        };
        let call = CallContext::new(Instant::now() + Duration::from_secs(10)).on_behalf_of(self.token(workspace_id)?);
        WebhookServiceClient::new(channel).create_webhook(call.write().request(message)).await?;
        Ok(())
    }

    fn token(&self, workspace: i64) -> anyhow::Result<String> {
        let now = Clock::system().now();
        let claims = Claims {
            subject: Subject::User(1),
            session_id: Some(1),
            api_key_id: None,
            issued_at: now,
            expires_at: now + Duration::from_secs(60),
            workspaces: vec![Membership { id: workspace, role: Role::Owner, plan: Plan::Free }],
            scopes: Vec::new(),
            platform_admin: false,
            token_id: "bench".into(),
        };
        Ok(curtail_tokens::sign(&self.key, Purpose::Internal, &claims)?)
    }

    /// Delivers a backlog as fast as it goes, then a steady rate.
    async fn measure(&mut self, arrivals: &Arrivals, events: i64) -> anyhow::Result<String> {
        arrivals.lock().expect("not poisoned").clear();
        let began = Instant::now();
        for _ in 0..events {
            self.publish().await?;
        }
        wait(arrivals, events).await;
        let rate = events as f64 / began.elapsed().as_secs_f64();

        arrivals.lock().expect("not poisoned").clear();
        let (mut sent, (per_second, time)) = (Vec::new(), STEADY);
        let mut tick = tokio::time::interval(Duration::from_secs(1) / per_second);
        let began = Instant::now();
        while began.elapsed() < time {
            tick.tick().await;
            sent.push((self.next_event, Instant::now()));
            self.publish().await?;
        }
        wait(arrivals, i64::try_from(sent.len())?).await;
        let arrived: std::collections::HashMap<i64, Instant> =
            arrivals.lock().expect("not poisoned").iter().rev().copied().collect();
        let mut late: Vec<Duration> = sent.iter().map(|(event, at)| arrived[event].duration_since(*at)).collect();
        late.sort_unstable();
        let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_millis();
        Ok(format!(
            "{rate:.0} deliveries/s; at {per_second}/s event to receiver p50 {} ms, p99 {} ms, max {} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        ))
    }

    async fn publish(&mut self) -> anyhow::Result<()> {
        let event = self.next_event;
        self.next_event += 1;
        let link = Link { id: event, title: "A link of the bench".into(), ..Link::default() };
        let now = Clock::system().now();
        let envelope = Envelope {
            event_id: [[0; 8], event.to_be_bytes()].concat(),
            occurred_at: Some(prost_types::Timestamp {
                seconds: now.unix_timestamp(),
                nanos: now.nanosecond().cast_signed(),
            }),
            workspace_id: 1 + event % WORKSPACES,
            traceparent: String::new(),
            payload: Some(Payload::LinkCreated(LinkCreated {
                snapshot: Some(LinkSnapshot { link: Some(link), target: None }),
            })),
        };
        let fields = vec![(curtail_streams::ENVELOPE_FIELD, Bytes::from(envelope.encode_to_vec()))];
        curtail_streams::append(&self.redis, "links", fields).await?;
        Ok(())
    }
}

async fn wait(arrivals: &Arrivals, count: i64) {
    while (arrivals.lock().expect("not poisoned").len() as i64) < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Takes requests; notes each and answers it, or does neither and never ends.
async fn receiver(arrivals: Option<Arrivals>) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrivals = arrivals.clone();
            tokio::spawn(async move {
                match arrivals {
                    Some(arrivals) => serve(stream, &arrivals).await,
                    None => {
                        let _open = stream;
                        std::future::pending().await
                    }
                }
            });
        }
    });
    Ok(url)
}

async fn serve(stream: TcpStream, arrivals: &Arrivals) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            anyhow::ensure!(stream.read_line(&mut line).await? > 0, "closed");
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse()?,
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body: serde_json::Value = serde_json::from_slice(&body)?;
        let event = body["data"]["link"]["id"].as_str().context("an id")?.parse()?;
        arrivals.lock().expect("not poisoned").push((event, Instant::now()));
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}
