//! Nothing stays of a workspace whose account was erased.

use std::time::Duration;

use analytics_svc::erasure;
use bytes::Bytes;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{AccountErased, Envelope};
use curtail_testkit::until;
use prost::Message as _;

use super::folding::folding;
use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms};

/// Rows about a workspace in all tables that have any.
async fn rows(world: &World, workspace: i64) -> i64 {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns \
         WHERE table_schema = 'analytics' AND column_name = 'workspace_id' AND table_name <> 'erased_workspaces'",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert!(tables.len() >= 11, "{tables:?}");
    let mut rows = 0;
    for table in tables {
        let count = format!("SELECT count(*) FROM {table} WHERE workspace_id = {workspace}");
        rows += sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(count)).fetch_one(&world.pool).await.unwrap();
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_an_erased_account_leaves_no_row() {
    let world = World::start().await;
    let clicks = |workspace| (0..60).map(move |n| click(workspace, workspace, ms(NOW) - n * 3_600_000, n as u64 + 1));
    let mut producer = Producer::new(1, clicks(WORKSPACE).chain(clicks(71)).collect());
    publish(&world.redis, "clicks:0", &producer.batch(1, 120)).await;
    until(async || producer.counted(&world.redis).await == 120, Duration::from_secs(20), "counted").await;
    folding(&world).round().await.unwrap();
    let others = rows(&world, 71).await;
    assert_eq!(rows(&world, WORKSPACE).await, others);

    let erased = AccountErased { user_id: 1, workspace_ids: vec![WORKSPACE] };
    let payload = Some(Payload::AccountErased(erased));
    let envelope = Envelope { event_id: vec![1; 16], payload, ..Envelope::default() };
    curtail_streams::append(&world.redis, "accounts", vec![("e", Bytes::from(envelope.encode_to_vec()))])
        .await
        .unwrap();
    until(async || rows(&world, WORKSPACE).await == 0, Duration::from_secs(20), "nothing is left").await;

    let yesterday = ms(NOW) - 86_400_000;
    producer.clicks.extend([click(WORKSPACE, 1, ms(NOW), 1), click(WORKSPACE, 1, yesterday, 1)]);
    publish(&world.redis, "clicks:0", &producer.batch(121, 122)).await;
    until(async || producer.counted(&world.redis).await == 122, Duration::from_secs(20), "late clicks").await;
    assert_eq!(folding(&world).round().await.unwrap(), 0, "nothing of an erased workspace is folded");
    erasure::again(&world.pool, NOW + time::Duration::hours(1)).await.unwrap();
    assert_eq!((rows(&world, WORKSPACE).await, rows(&world, 71).await), (0, others));
    world.stop().await;
}
