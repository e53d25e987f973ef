//! The links that are clicked most at the moment.

use curtail_proto::analytics::v1::TrendingLink;
use curtail_rpc::Error;
use sqlx::PgPool;
use time::OffsetDateTime;

/// Windows from here on are counted in whole hours, shorter ones in whole minutes.
const HOURS_FROM: time::Duration = time::Duration::hours(6);

/// The `limit` most clicked links of the last `window`, most clicked first, each with its clicks in the window before. Bots
/// do not make a link trend. `workspace` `None`: of all workspaces.
pub async fn links(
    pool: &PgPool,
    workspace: Option<i64>,
    now: OffsetDateTime,
    window: time::Duration,
    limit: u32,
) -> Result<Vec<TrendingLink>, Error> {
    let query = if window >= HOURS_FROM { BY_HOUR } else { BY_MINUTE };
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(query)
        .bind(workspace)
        .bind(now - window * 2)
        .bind(now - window)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(crate::store_error)?;
    let links = rows.into_iter();
    Ok(links.map(|(link_id, clicks, previous_clicks)| TrendingLink { link_id, clicks, previous_clicks }).collect())
}

macro_rules! trending {
    ($table:literal) => {
        concat!(
            "SELECT link_id, coalesce(sum(humans) FILTER (WHERE at > $3), 0)::bigint AS clicks, ",
            "coalesce(sum(humans) FILTER (WHERE at <= $3), 0)::bigint AS previous_clicks FROM ",
            $table,
            " WHERE link_id <> 0 AND ($1::bigint IS NULL OR workspace_id = $1) AND at > $2 AND at <= $4 ",
            "GROUP BY link_id HAVING sum(humans) FILTER (WHERE at > $3) > 0 ",
            "ORDER BY clicks DESC, link_id LIMIT $5"
        )
    };
}

const BY_MINUTE: &str = trending!("clicks_by_minute");
const BY_HOUR: &str = trending!("clicks_by_hour");
