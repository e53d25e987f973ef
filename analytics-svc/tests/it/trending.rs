//! The most clicked links of a window.

use std::time::Duration;

use curtail_proto::analytics::v1::TrendingLinksRequest;
use curtail_testkit::until;

use super::publish::{GOOGLEBOT, Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms};

#[tokio::test(flavor = "multi_thread")]
async fn the_most_clicked_links_with_the_window_before() {
    let world = World::start().await;
    let minute = 60_000;
    let mut clicks = Vec::new();
    for (link, ago, count) in [(1, 5, 2), (1, 90, 7), (2, 5, 3), (3, 90, 9), (4, 5, 2), (5, 200, 1)] {
        clicks.extend((0..count).map(|n| click(WORKSPACE, link, ms(NOW) - ago * minute, n)));
    }
    clicks.extend((0..50).map(|n| {
        let mut bot = click(WORKSPACE, 6, ms(NOW) - 5 * minute, n);
        bot.user_agent = GOOGLEBOT.into();
        bot
    }));
    let all = clicks.len() as u64;
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:0", &producer.batch(1, all)).await;
    until(async || producer.counted(&world.redis).await == all, Duration::from_secs(20), "counted").await;

    let ask = async |window_seconds, limit| {
        let request = TrendingLinksRequest { workspace_id: WORKSPACE, window_seconds, limit };
        let answer = world.client().trending_links(world.request(request)).await.unwrap().into_inner();
        answer.links.iter().map(|l| (l.link_id, l.clicks, l.previous_clicks)).collect::<Vec<_>>()
    };
    assert_eq!(ask(3_600, 10).await, [(2, 3, 0), (1, 2, 7), (4, 2, 0)]);
    assert_eq!(ask(3_600, 2).await, [(2, 3, 0), (1, 2, 7)]);
    assert_eq!(ask(86_400, 3).await, [(1, 9, 0), (3, 9, 0), (2, 3, 0)]);
    world.stop().await;
}
