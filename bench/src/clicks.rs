//! A database full of clicks that were made up.

use std::sync::Arc;

use analytics_svc::clicks::{Loader, Row};
use analytics_svc::enrich::{Campaign, Channel, Place, Referrer};
use curtail_user_agent::{Kind, UserAgent};
use sqlx::PgPool;
use time::OffsetDateTime;

/// Links are numbered from 1; the one of rank n gets a share of 1/n of the clicks.
pub const LINKS: i64 = 10_000;

/// Workspaces are numbered from 1.
pub const WORKSPACES: i64 = 100;

/// The tag of every tenth link.
pub const TAG: &str = "tenth";

/// The domain of every link.
pub const DOMAIN: &str = "go.example";

const DAY_MS: i64 = 86_400_000;

/// Days that have counters by minute. More of them would take longer to write than the clicks and are not asked for.
const MINUTE_DAYS: i64 = 2;

/// Clicks of one transaction. Many, because each rewrites the sketches of the links that it touches: with fewer, what is replaced
/// takes more room than what is kept.
const BATCH: u64 = 500_000;

const COUNTRIES: [&str; 12] = ["US", "DE", "GB", "FR", "IN", "BR", "JP", "PL", "IT", "ES", "CH", "NL"];
const BROWSERS: [(&str, &str, &str); 5] = [
    ("desktop", "Windows", "Chrome"),
    ("mobile", "iOS", "Safari"),
    ("mobile", "Android", "Chrome"),
    ("desktop", "macOS", "Safari"),
    ("desktop", "Linux", "Firefox"),
];
const REFERRERS: [Option<&str>; 6] =
    [None, None, None, Some("www.google.com"), Some("t.co"), Some("news.ycombinator.com")];

/// The link of a random number.
pub fn link(random: u64) -> i64 {
    (LINKS as f64).powf(((random >> 20) % 65_536) as f64 / 65_536.0) as i64
}

/// The workspace of a link.
pub fn workspace_of(link: i64) -> i64 {
    1 + link % WORKSPACES
}

/// Writes `count` clicks, spread evenly over the `days` before `now`, through the encoder and the counters of
/// analytics-svc, and what the stream of links would have said. Returns the size of the database in bytes.
///
/// # Errors
/// When the database is unavailable or full.
pub async fn fill(pool: &PgPool, count: u64, days: u32, now: OffsetDateTime) -> anyhow::Result<i64> {
    sqlx::query(
        "INSERT INTO links (link_id, workspace_id, version, domain, tags) \
         SELECT l, 1 + l % $2, 1, $3, CASE WHEN (l / $2) % 10 = 0 THEN ARRAY[$4] ELSE '{}'::text[] END \
         FROM generate_series(1, $1) l ON CONFLICT DO NOTHING",
    )
    .bind(LINKS)
    .bind(WORKSPACES)
    .bind(DOMAIN)
    .bind(TAG)
    .execute(pool)
    .await?;
    let span_ms = i64::from(days) * DAY_MS;
    let until_ms = (now.unix_timestamp_nanos() / 1_000_000) as i64;
    let half = |number| Half { number, count: count / 2, from_ms: until_ms - span_ms, span_ms };
    let halves = [half(0), half(1)].map(|half| tokio::spawn(half.write(pool.clone(), until_ms - MINUTE_DAYS * DAY_MS)));
    for half in halves {
        half.await??;
    }
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    sqlx::query("VACUUM (ANALYZE)").execute(&mut *connection).await?;
    Ok(sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(pool).await?)
}

/// The clicks of every other link: two at a time keep two cores busy, and no counter has rows of both.
struct Half {
    number: u8,
    count: u64,
    from_ms: i64,
    span_ms: i64,
}

impl Half {
    async fn write(self, pool: PgPool, minutes_since_ms: i64) -> anyhow::Result<()> {
        let world = World::new();
        let mut loader = Loader::new(pool, self.number, minutes_since_ms).await?;
        let mut dice = 1 + u64::from(self.number);
        for first in (0..self.count).step_by(BATCH as usize) {
            let rows = (first..self.count.min(first + BATCH)).map(|n| world.row(&mut dice, self.at_ms(n), self.number));
            loader.load(rows.collect()).await?;
        }
        Ok(())
    }

    fn at_ms(&self, n: u64) -> i64 {
        self.from_ms + (i128::from(n) * i128::from(self.span_ms) / i128::from(self.count)) as i64
    }
}

/// The few values that many clicks share.
struct World {
    agents: Vec<Arc<UserAgent>>,
    bot: Arc<UserAgent>,
    referrers: Vec<Option<Arc<Referrer>>>,
    places: Vec<Arc<Place>>,
    languages: [Arc<str>; 3],
}

impl World {
    fn new() -> Self {
        let agent = |(device, os, browser): &(&'static str, &str, &str)| {
            Arc::new(UserAgent {
                kind: Kind::Person,
                device: Some(device),
                system: Some((*os).into()),
                browser: Some((*browser).into()),
            })
        };
        let bot = UserAgent { kind: Kind::Bot, device: Some("bot"), system: None, browser: Some("Googlebot".into()) };
        let place = |n: usize| {
            let country = COUNTRIES[n % COUNTRIES.len()];
            let region = Some(format!("{country}-{}", n % 7).into());
            Arc::new(Place { country: Some(country.into()), region, city: Some(format!("City {n}").into()) })
        };
        Self {
            agents: BROWSERS.iter().map(agent).collect(),
            referrers: REFERRERS.iter().map(|host| Some(Arc::new(Referrer::parse((*host)?)?))).collect(),
            bot: Arc::new(bot),
            places: (0..2_000).map(place).collect(),
            languages: ["en-US".into(), "de-DE".into(), "fr-FR".into()],
        }
    }

    fn row(&self, dice: &mut u64, at_ms: i64, half: u8) -> Row {
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = *dice >> 8;
        let pick = |shift: u32, of: usize| (random >> shift) as usize % of;
        let link_id = link(*dice);
        // Ranks are below LINKS, so that the next one exists.
        let link_id = link_id + i64::from(link_id % 2 != i64::from(half));
        let referrer = self.referrers[pick(5, self.referrers.len())].clone();
        let campaign = || Campaign {
            source: Some("newsletter".into()),
            medium: Some("email".into()),
            campaign: Some(format!("issue {}", pick(9, 40)).into()),
            ..Campaign::default()
        };
        let campaign = (pick(7, 10) == 0).then(|| Box::new(campaign()));
        Row {
            at_ms,
            workspace_id: workspace_of(link_id),
            link_id,
            visitor: (random % 5_000_000 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            qr: pick(11, 20) == 0,
            agent: if pick(13, 8) == 0 { Arc::clone(&self.bot) } else { Arc::clone(&self.agents[pick(17, 5)]) },
            place: Arc::clone(&self.places[pick(19, 2_000)]),
            language: Some(Arc::clone(&self.languages[pick(23, 3)])),
            channel: Channel::new(
                campaign.as_ref().and_then(|c| c.medium.as_deref()),
                referrer.as_ref().map(|referrer| referrer.channel),
            ),
            referrer,
            campaign,
        }
    }
}
