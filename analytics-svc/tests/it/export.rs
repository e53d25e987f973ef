//! Raw clicks page by page.

use std::time::Duration;

use curtail_proto::analytics::v1::{
    Dimension, DimensionFilter, ExportClicksRequest, ExportClicksResponse, ExportedClick,
};
use curtail_testkit::until;
use time::OffsetDateTime;

use super::publish::{Dice, GOOGLEBOT, Producer, click, publish, traffic};
use super::world::{NOW, WORKSPACE, World, ms, question, timestamp};

async fn export(world: &World, request: ExportClicksRequest) -> Result<ExportClicksResponse, curtail_rpc::Error> {
    let answer = world.client().export_clicks(world.request(request)).await;
    answer.map(tonic::Response::into_inner).map_err(|status| curtail_rpc::Error::from_status(&status))
}

fn request(from: OffsetDateTime, until: OffsetDateTime, limit: u32) -> ExportClicksRequest {
    let question = question(from, until);
    let (scope, from, until) = (question.scope, question.from, question.until);
    ExportClicksRequest { scope, from, until, limit, ..ExportClicksRequest::default() }
}

/// All clicks, and how many pages they took.
async fn all(world: &World, mut request: ExportClicksRequest) -> (Vec<ExportedClick>, u32) {
    let (mut clicks, mut pages) = (Vec::new(), 0);
    loop {
        let page = export(world, request.clone()).await.unwrap();
        assert!(page.clicks.len() <= request.limit as usize);
        clicks.extend(page.clicks);
        pages += 1;
        if page.next_cursor.is_empty() {
            return (clicks, pages);
        }
        request.cursor = page.next_cursor;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_click_is_exported_once_in_order() {
    let mut config = curtail_testkit::config().await;
    // One day of the two has minutes, the other has hours only.
    (config.analytics.raw_days, config.analytics.minute_days, config.analytics.hour_days) = (90, 2, 100);
    let world = World::with(config).await;
    let (mut dice, early) = (Dice::new(3), NOW - time::Duration::days(5));
    let mut clicks = traffic(&mut dice, WORKSPACE, ms(early), 700);
    clicks.extend(traffic(&mut dice, WORKSPACE, ms(NOW) - 7_200_000, 700));
    // More clicks of one instant than a page has.
    clicks.extend((0..300).map(|n| click(WORKSPACE, 1, ms(NOW) - 600_000, n)));
    clicks.extend(traffic(&mut dice, WORKSPACE + 1, ms(early), 100));
    let count = clicks.len() as u64;
    let producer = Producer::new(1, clicks.clone());
    publish(&world.redis, "clicks:0", &producer.batch(1, count)).await;
    until(async || producer.counted(&world.redis).await == count, Duration::from_secs(30), "counted").await;

    clicks.retain(|click| click.workspace_id == WORKSPACE);
    let key = |click: &ExportedClick| {
        let at = click.at.unwrap();
        (at.seconds * 1000 + i64::from(at.nanos) / 1_000_000, click.link_id, click.bot)
    };
    let mut expected: Vec<_> =
        clicks.iter().map(|click| (click.at_ms, click.link_id, click.user_agent == GOOGLEBOT)).collect();
    expected.sort_unstable();
    for limit in [97, 1_000] {
        let (exported, pages) = all(&world, request(early, NOW, limit)).await;
        assert!(exported.is_sorted_by_key(|click| key(click).0));
        let mut exported: Vec<_> = exported.iter().map(key).collect();
        exported.sort_unstable();
        assert_eq!(exported, expected, "{limit} a page");
        assert!(pages <= 2 * 1_700 / limit + 150, "{pages} pages of {limit}");
    }
    let bots = DimensionFilter { dimension: Dimension::Device.into(), values: vec!["bot".into()] };
    let (bots, _) = all(&world, ExportClicksRequest { filters: vec![bots], ..request(early, NOW, 50) }).await;
    assert_eq!(bots.len(), expected.iter().filter(|(_, _, bot)| *bot).count());
    assert!(bots.iter().all(|click| click.bot && click.device == "bot" && click.browser == "Googlebot"));

    let old =
        export(&world, request(NOW - time::Duration::days(100), NOW - time::Duration::days(99), 10)).await.unwrap();
    assert_eq!((old.clicks.len(), old.next_cursor.as_str()), (0, ""));
    assert_eq!(old.raw_from, Some(timestamp(time::macros::datetime!(2026-08-23 00:00 UTC))));
    let cursor = "1; DROP TABLE clicks".to_owned();
    let refused = export(&world, ExportClicksRequest { cursor, ..request(early, NOW, 10) }).await.unwrap_err();
    assert_eq!(refused.reason, "CURSOR_INVALID");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_too_many_clicks_is_refused_at_once() {
    let world = World::start().await;
    let add = async |clicks: i64| {
        sqlx::query(
            "INSERT INTO clicks_by_hour AS r (workspace_id, link_id, at, shard, clicks, humans, last_click_at) \
             VALUES ($1, 0, $2, 0, $3, 0, $2) ON CONFLICT (workspace_id, link_id, at, shard) \
             DO UPDATE SET clicks = r.clicks + excluded.clicks",
        )
        .bind(WORKSPACE)
        .bind(NOW - time::Duration::hours(1))
        .bind(clicks)
        .execute(&world.pool)
        .await
        .unwrap();
    };
    let asked = || export(&world, request(NOW - time::Duration::hours(2), NOW, 10));
    add(1_000_000).await;
    assert!(asked().await.is_ok());
    add(1).await;
    assert_eq!(asked().await.unwrap_err().reason, "EXPORT_TOO_LARGE");
    world.stop().await;
}
