//! Questions about the clicks of [`crate::clicks`], and a service that answers them.

use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::analytics::v1::analytics_scope::Of;
use curtail_proto::analytics::v1::analytics_service_client::AnalyticsServiceClient;
use curtail_proto::analytics::v1::{
    AnalyticsScope, BatchGetTotalsRequest, Dimension, DimensionFilter, ExportClicksRequest, LinkKey,
    QueryAnalyticsRequest, Step, TrendingLinksRequest,
};
use curtail_rpc::{CallContext, ServiceIdentity};
use curtail_service::Deps;
use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};
use prost_types::Timestamp;
use time::OffsetDateTime;

use crate::clicks::{self, LINKS, WORKSPACES};

/// A question may take longer than a user would wait.
pub const PATIENCE: Duration = Duration::from_secs(60);

type Client = AnalyticsServiceClient<curtail_rpc::Channel>;

/// What is asked; which link or workspace depends on the round.
#[derive(Clone)]
pub enum Question {
    /// Of a hundred links, ever.
    Lifetime,
    /// The last seconds.
    Trending {
        /// How many.
        seconds: u32,
    },
    /// The first page.
    Export {
        /// Of the last days.
        days: u32,
    },
    /// Totals, a series, a breakdown.
    Query {
        /// Of what.
        of: Part,
        /// Of the last days.
        days: u32,
        /// Of the series.
        step: Step,
        /// What is broken down by.
        by: Option<Dimension>,
        /// Whether only one kind of device counts.
        filter: bool,
        /// Whether the period before is wanted.
        compare: bool,
    },
}

/// Of what the numbers are.
#[derive(Clone, Copy)]
pub enum Part {
    /// One.
    Link,
    /// A tenth of the links of a workspace.
    Tag,
    /// All links of a workspace, one by one.
    Domain,
    /// All of it.
    Workspace,
}

/// Every kind of question once, and the dear ones over a short and a long range.
pub fn questions(days: u32) -> Vec<(String, Question)> {
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
    let ranges = if days > 30 { vec![30, days] } else { vec![days] };
    for range in ranges {
        let parts =
            [(Part::Link, "link"), (Part::Tag, "tag"), (Part::Domain, "domain"), (Part::Workspace, "workspace")];
        for (part, name) in parts {
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

/// The service and a user who may see every workspace.
pub struct Asker {
    client: Client,
    key: SigningKey,
    clock: Clock,
    /// When the clicks ended.
    now: OffsetDateTime,
}

impl Asker {
    /// Starts the service on a port of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(mut config: Config, key: SigningKey) -> anyhow::Result<(Self, Shutdown)> {
        config.analytics.listen.set_port(0);
        config.analytics.admin_listen.set_port(0);
        let (clock, shutdown) = (Clock::system(), Shutdown::configured(&config.lifecycle));
        let rng = Box::new(rand::make_rng::<rand::rngs::StdRng>());
        let deps = Deps { clock: clock.clone(), rng, keys: curtail_rpc::Keys::Given(KeyRing::of([&key])) };
        let running = analytics_svc::start(config.clone(), deps, shutdown.clone()).await?;
        let identity = ServiceIdentity::new("bench", &config.rpc.service_key, clock.clone());
        let channel = curtail_rpc::connect("analytics", &format!("http://{}", running.addr), &config.rpc, identity)?;
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
        Ok(curtail_tokens::sign(&self.key, Purpose::Internal, &claims)?)
    }

    fn request<T>(&self, message: T) -> anyhow::Result<tonic::Request<T>> {
        Ok(CallContext::new(Instant::now() + PATIENCE).on_behalf_of(self.token()?).read().request(message))
    }

    /// Asks once; `round` chooses the link or workspace.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, question: Question, round: u64) -> anyhow::Result<()> {
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
