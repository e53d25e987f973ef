//! How long analytics-svc takes to answer each kind of question over many clicks. `bench/analytics_queries.sh` starts the
//! stores; the service runs inside of this process and is asked over gRPC.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::{Duration, Instant};

use analytics_svc::Outside;
use anyhow::Context as _;
use bench::clicks::{self, LINKS, WORKSPACES};
use clock::Clock;
use config::Config;
use lifecycle::Shutdown;
use prost_types::Timestamp;
use proto::analytics::v1::analytics_scope::Of;
use proto::analytics::v1::analytics_service_client::AnalyticsServiceClient;
use proto::analytics::v1::{
    AnalyticsScope, BatchGetTotalsRequest, Dimension, DimensionFilter, ExportClicksRequest, LinkKey,
    QueryAnalyticsRequest, Step, TrendingLinksRequest,
};
use rpc::{CallContext, ServiceIdentity};
use time::OffsetDateTime;
use tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};

/// A question may take longer than a user would wait.
const PATIENCE: Duration = Duration::from_secs(60);

type Client = AnalyticsServiceClient<rpc::Channel>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count: u64 = argument(1, 5_000_000)?;
    let days: u32 = argument(2, 90)?;
    let rounds: u32 = argument(3, 40)?;
    let mut config = Config { rpc: Config::for_tests().rpc, ..Config::load()? };
    config.database.statement_timeout_ms = PATIENCE.as_millis() as u64;
    config.rpc.read_timeout_ms = PATIENCE.as_millis() as u64;
    analytics_svc::migrate(&config.database).await?;
    let pool = db::connect(&config.database, "analytics").await?;
    let started = Instant::now();
    let bytes = clicks::fill(&pool, count, days, Clock::system().now()).await?;
    let (took, gib) = (started.elapsed().as_secs_f64(), bytes as f64 / f64::from(1 << 30));
    println!("{count} clicks of {days} days in {took:.0} s: {:.0} a second, {gib:.1} GiB", count as f64 / took);

    let key = SigningKey::from_seed([5; 32]);
    let (asker, shutdown) = Asker::start(config, key).await?;
    println!("{:<44} {:>9} {:>9} {:>9}", "question", "p50 ms", "p95 ms", "max ms");
    for (name, question) in questions(days) {
        let mut times = Vec::new();
        for round in 0..rounds {
            let started = Instant::now();
            asker.ask(question.clone(), u64::from(round)).await.with_context(|| name.clone())?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!("{name:<44} {:>9.1} {:>9.1} {:>9.1}", at(0.5), at(0.95), at(1.0));
    }
    shutdown.begin();
    Ok(())
}

fn argument<T: std::str::FromStr<Err = std::num::ParseIntError>>(position: usize, default: T) -> anyhow::Result<T> {
    std::env::args().nth(position).map_or(Ok(default), |text| text.parse().context("a number"))
}

/// What is asked; which link or workspace depends on the round.
#[derive(Clone)]
enum Question {
    Lifetime,
    Trending { seconds: u32 },
    Export { days: u32 },
    Query { of: Part, days: u32, step: Step, by: Option<Dimension>, filter: bool, compare: bool },
}

/// Of what the numbers are.
#[derive(Clone, Copy)]
enum Part {
    Link,
    Tag,
    Domain,
    Workspace,
}

/// Every kind of question once, and the dear ones over a short and a long range.
fn questions(days: u32) -> Vec<(String, Question)> {
    let query = |of, days, step, by, filter, compare| Question::Query { of, days, step, by, filter, compare };
    let plain = |of, days, step| query(of, days, step, None, false, false);
    let none = Step::Unspecified;
    let mut all = vec![
        ("lifetime totals of 100 links".to_owned(), Question::Lifetime),
        ("trending, last hour".to_owned(), Question::Trending { seconds: 3_600 }),
        ("trending, last day".to_owned(), Question::Trending { seconds: 86_400 }),
        ("export: a page of 1,000 clicks, 7 days".to_owned(), Question::Export { days: days.min(7) }),
        ("workspace, 1 day by minute".to_owned(), plain(Part::Workspace, 1, Step::Minute)),
        ("workspace, 7 days by hour".to_owned(), plain(Part::Workspace, days.min(7), Step::Hour)),
        (
            format!("workspace, {days} days by day, previous"),
            query(Part::Workspace, days, Step::Day, None, false, true),
        ),
        (format!("workspace, {days} days by month"), plain(Part::Workspace, days, Step::Month)),
        (format!("link, {days} days by day"), plain(Part::Link, days, Step::Day)),
        (format!("tag, {days} days by day"), plain(Part::Tag, days, Step::Day)),
        (format!("domain, {days} days"), plain(Part::Domain, days, none)),
    ];
    for range in [days.min(7), days.min(30), days] {
        for (part, name) in [(Part::Link, "link"), (Part::Workspace, "workspace")] {
            let filtered = query(part, range, Step::Day, None, true, false);
            all.push((format!("{name}, {range} days by day, filtered"), filtered));
            for by in [Dimension::Country, Dimension::Referrer, Dimension::Link] {
                let by_name = by.as_str_name().trim_start_matches("DIMENSION_").to_lowercase();
                let broken = query(part, range, none, Some(by), false, false);
                all.push((format!("{name}, {range} days by {by_name}"), broken));
            }
        }
    }
    all
}

/// The service and somebody who may see every workspace.
struct Asker {
    client: Client,
    key: SigningKey,
    clock: Clock,
    /// When the clicks ended.
    now: OffsetDateTime,
}

impl Asker {
    async fn start(mut config: Config, key: SigningKey) -> anyhow::Result<(Self, Shutdown)> {
        config.analytics.listen.set_port(0);
        config.analytics.admin_listen.set_port(0);
        let (clock, shutdown) = (Clock::system(), Shutdown::configured(&config.lifecycle));
        let rng = Box::new(rand::make_rng::<rand::rngs::StdRng>());
        let outside = Outside { clock: clock.clone(), rng, keys: rpc::Keys::Given(KeyRing::of([&key])) };
        let running = analytics_svc::start(config.clone(), outside, shutdown.clone()).await?;
        let identity = ServiceIdentity::new("bench", &config.rpc.service_key, clock.clone());
        let channel = rpc::connect("analytics", &format!("http://{}", running.addr), &config.rpc, identity)?;
        tokio::spawn(running.join());
        Ok((Self { client: AnalyticsServiceClient::new(channel), key, now: clock.now(), clock }, shutdown))
    }

    /// Internal tokens live a minute at most.
    fn token(&self) -> anyhow::Result<String> {
        let now = self.clock.now();
        let member = |id| Membership { id, role: Role::Viewer, plan: Plan::Free };
        let claims = Claims {
            subject: Subject::User(1),
            session_id: Some(1),
            api_key_id: None,
            issued_at: now,
            expires_at: now + Duration::from_secs(60),
            workspaces: (1..=WORKSPACES).map(member).collect(),
            scopes: Vec::new(),
            platform_admin: false,
            token_id: "bench".into(),
        };
        Ok(tokens::sign(&self.key, Purpose::Internal, &claims)?)
    }

    fn request<T>(&self, message: T) -> anyhow::Result<tonic::Request<T>> {
        Ok(CallContext::new(Instant::now() + PATIENCE).on_behalf_of(self.token()?).read().request(message))
    }

    async fn ask(&self, question: Question, round: u64) -> anyhow::Result<()> {
        let mut client = self.client.clone();
        // Popular links are asked for more often, as they are clicked more often.
        let link_id = clicks::link(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let workspace_id = clicks::workspace_of(link_id);
        let at = |at: OffsetDateTime| Some(Timestamp { seconds: at.unix_timestamp(), nanos: 0 });
        let back = |days: u32| at(self.now - Duration::from_secs(u64::from(days) * 86_400));
        match question {
            Question::Lifetime => {
                let key = |link_id| LinkKey { link_id, workspace_id: clicks::workspace_of(link_id) };
                let links = (1..=100).map(|n| key((link_id + n) % LINKS + 1)).collect();
                client.batch_get_totals(self.request(BatchGetTotalsRequest { links })?).await?;
            }
            Question::Trending { seconds } => {
                let asked = TrendingLinksRequest { workspace_id, window_seconds: seconds, limit: 10 };
                client.trending_links(self.request(asked)?).await?;
            }
            Question::Export { days } => {
                let scope = Some(AnalyticsScope { workspace_id, of: None });
                let (from, until, limit) = (back(days), at(self.now), 1_000);
                let asked = ExportClicksRequest { scope, from, until, limit, ..ExportClicksRequest::default() };
                client.export_clicks(self.request(asked)?).await?;
            }
            Question::Query { of, days, step, by, filter, compare } => {
                let of = match of {
                    Part::Link => Some(Of::LinkId(link_id)),
                    Part::Tag => Some(Of::Tag(clicks::TAG.into())),
                    Part::Domain => Some(Of::Domain(clicks::DOMAIN.into())),
                    Part::Workspace => None,
                };
                let mobile = || DimensionFilter { dimension: Dimension::Device.into(), values: vec!["mobile".into()] };
                let asked = QueryAnalyticsRequest {
                    scope: Some(AnalyticsScope { workspace_id, of }),
                    from: back(days),
                    until: at(self.now),
                    time_zone: "Europe/Berlin".into(),
                    step: step.into(),
                    breakdowns: by.into_iter().map(i32::from).collect(),
                    top: 10,
                    filters: filter.then(mobile).into_iter().collect(),
                    compare_previous: compare,
                };
                client.query_analytics(self.request(asked)?).await?;
            }
        }
        Ok(())
    }
}
