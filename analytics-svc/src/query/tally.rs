//! Counts that are being added up.

use curtail_proto::analytics::v1::Totals;
use time::OffsetDateTime;

use crate::sketch::{BadSketch, Uniques};

/// One row of a rollup.
#[derive(Debug, sqlx::FromRow)]
pub struct Counters {
    /// Start of the interval.
    pub at: OffsetDateTime,
    /// Humans and bots.
    pub clicks: i64,
    /// Humans.
    pub humans: i64,
    /// The latest click.
    pub last_click_at: OffsetDateTime,
    /// Sketch of the human visitors.
    pub uniques: Option<Vec<u8>>,
}

/// The sum of rows of rollups.
#[derive(Default)]
pub struct Tally {
    clicks: i64,
    humans: i64,
    last_click_at: Option<OffsetDateTime>,
    uniques: Uniques,
}

impl Tally {
    /// Adds a row.
    ///
    /// # Errors
    /// [`BadSketch`] when its sketch cannot be read.
    pub fn add(&mut self, row: &Counters) -> Result<(), BadSketch> {
        self.clicks += row.clicks;
        self.humans += row.humans;
        self.last_click_at = self.last_click_at.max(Some(row.last_click_at));
        match &row.uniques {
            Some(sketch) => self.uniques.merge(sketch),
            None => Ok(()),
        }
    }

    /// The sums as they are answered.
    pub fn totals(&self) -> Totals {
        Totals {
            clicks: self.clicks,
            humans: self.humans,
            bots: self.clicks - self.humans,
            // An estimate must not say more visitors than visits.
            uniques: self.uniques.count().min(self.humans),
            last_click_at: self.last_click_at.map(curtail_proto::timestamp),
        }
    }
}

/// Adds sums of clicks that have no visitor in common.
pub fn add(sum: &mut Totals, more: &Totals) {
    sum.clicks += more.clicks;
    sum.humans += more.humans;
    sum.bots += more.bots;
    sum.uniques += more.uniques;
    let instant = |totals: &Totals| totals.last_click_at.map(|at| (at.seconds, at.nanos));
    if instant(sum) < instant(more) {
        sum.last_click_at = more.last_click_at;
    }
}

/// An instant in milliseconds since 1970.
pub fn unix_ms(at: OffsetDateTime) -> i64 {
    (at.unix_timestamp_nanos() / 1_000_000) as i64
}

/// The instant of milliseconds since 1970.
pub fn instant(ms: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::milliseconds(ms))
}
