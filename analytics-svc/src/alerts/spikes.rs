//! Finds links that are clicked far more than they used to be.
//!
//! Time is cut into windows of ten minutes. A link has a spike in a window when people clicked it there at least
//! [`Rule::min_clicks`] times, and [`Rule::factor`] times as often as usual. *Usual* is the number of clicks by people that
//! at most 5 % of the hours of the last seven days had more of, taken for ten minutes: the busy hours of each day are usual, a
//! spike of the day before is not, and hours without a click count as zeros. A link that is new has no usual clicks, so that
//! the minimum alone decides.
//!
//! A spike is told once, and another one of the same link not before [`QUIET`] has passed since.

use curtail_proto::events::v1::TrafficSpike;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::timestamp;
use rand::Rng;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::{STREAM, envelope};

/// The length of a window.
pub const WINDOW: Duration = Duration::minutes(10);

/// The time that tells what is usual.
pub const USUAL: Duration = Duration::days(7);

/// Hours of [`USUAL`] that may have had more clicks: 5 % of 168.
const BUSIER_HOURS: i64 = 8;

/// How long after a spike the next one of the same link is told at the earliest.
pub const QUIET: Duration = Duration::hours(6);

/// What is a spike; settings of the operator.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The least clicks by people in a window.
    pub min_clicks: u32,
    /// How many times the usual number they must be.
    pub factor: u32,
}

#[derive(sqlx::FromRow)]
struct Spike {
    workspace_id: i64,
    link_id: i64,
    clicks: i64,
    usual_per_hour: i64,
}

/// Looks at the window of `now` and the one before, where clicks may have come late, and writes an event for each spike that
/// was not told yet. Returns how many.
pub async fn look(pool: &PgPool, now: OffsetDateTime, rule: Rule, rng: &mut impl Rng) -> Result<u64, sqlx::Error> {
    let window = window_of(now);
    let mut told = 0;
    for start in [window - WINDOW, window] {
        for spike in find(pool, start, rule).await? {
            told += u64::from(tell(pool, &spike, start, now, rng).await?);
        }
    }
    Ok(told)
}

/// The start of the window that the instant is in.
fn window_of(at: OffsetDateTime) -> OffsetDateTime {
    floor(at, WINDOW)
}

fn floor(at: OffsetDateTime, width: Duration) -> OffsetDateTime {
    at - Duration::seconds(at.unix_timestamp().rem_euclid(width.whole_seconds()))
        - Duration::nanoseconds(at.nanosecond().into())
}

/// The spikes of a window, except for links that are quiet. Links below the minimum cost nothing but the sum of their minutes.
async fn find(pool: &PgPool, start: OffsetDateTime, rule: Rule) -> Result<Vec<Spike>, sqlx::Error> {
    let hour = floor(start, Duration::HOUR);
    sqlx::query_as(
        "WITH busy AS (
             SELECT workspace_id, link_id, sum(humans)::bigint AS clicks FROM clicks_by_minute
             WHERE link_id <> 0 AND at >= $1 AND at < $2 GROUP BY workspace_id, link_id HAVING sum(humans) >= $3
         )
         SELECT b.workspace_id, b.link_id, b.clicks, coalesce(u.humans, 0) AS usual_per_hour
         FROM busy b LEFT JOIN LATERAL (
             SELECT sum(h.humans)::bigint AS humans FROM clicks_by_hour h
             WHERE h.workspace_id = b.workspace_id AND h.link_id = b.link_id AND h.at >= $4 AND h.at < $5
             GROUP BY h.at ORDER BY humans DESC OFFSET $6 LIMIT 1
         ) u ON true
         WHERE b.clicks * 3600 >= $7 * $8 * coalesce(u.humans, 0)
           AND NOT EXISTS (SELECT FROM spikes s WHERE s.link_id = b.link_id AND s.window_start > $9)
         ORDER BY b.link_id",
    )
    .bind(start)
    .bind(start + WINDOW)
    .bind(i64::from(rule.min_clicks))
    .bind(hour - USUAL)
    .bind(hour)
    .bind(BUSIER_HOURS)
    .bind(i64::from(rule.factor))
    .bind(WINDOW.whole_seconds())
    .bind(start - QUIET)
    .fetch_all(pool)
    .await
}

/// Writes the event, unless another process has published one for the link meanwhile.
async fn tell(
    pool: &PgPool,
    spike: &Spike,
    start: OffsetDateTime,
    now: OffsetDateTime,
    rng: &mut impl Rng,
) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let first = sqlx::query(
        "INSERT INTO spikes AS s (link_id, workspace_id, window_start) VALUES ($1, $2, $3) \
         ON CONFLICT (link_id) DO UPDATE SET window_start = excluded.window_start WHERE s.window_start <= $4",
    )
    .bind(spike.link_id)
    .bind(spike.workspace_id)
    .bind(start)
    .bind(start - QUIET)
    .execute(&mut *tx)
    .await?;
    if first.rows_affected() == 0 {
        return Ok(false);
    }
    let event = TrafficSpike {
        link_id: spike.link_id,
        clicks: spike.clicks,
        expected: (spike.usual_per_hour * WINDOW.whole_seconds() + 3599) / 3600,
        window_start: Some(timestamp(start)),
    };
    let event = envelope(spike.workspace_id, now, rng, Payload::TrafficSpike(event));
    curtail_db::outbox::append(&mut tx, STREAM, &event).await?;
    tx.commit().await?;
    tracing::info!(link_id = spike.link_id, clicks = spike.clicks, "traffic spike");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn windows_begin_at_full_ten_minutes() {
        assert_eq!(window_of(datetime!(2026-11-21 12:39:59.9 UTC)), datetime!(2026-11-21 12:30 UTC));
        assert_eq!(window_of(datetime!(2026-11-21 12:40 UTC)), datetime!(2026-11-21 12:40 UTC));
    }

    #[test]
    fn five_per_cent_of_the_hours_may_be_busier() {
        assert_eq!(BUSIER_HOURS, USUAL.whole_hours() * 5 / 100);
    }
}
