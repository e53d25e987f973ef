//! Clicks as they happen, from the stream of a redirector to a watcher of another replica.

use std::time::{Duration, Instant};

use curtail_proto::analytics::v1::live_service_client::LiveServiceClient;
use curtail_proto::analytics::v1::{LiveClick, WatchClicksRequest, WatchClicksResponse};
use curtail_rpc::{Code, Error};
use curtail_testkit::until;
use curtail_tokens::{Role, Scope};
use tonic::Streaming;

use super::publish::{GOOGLEBOT, Producer, click, publish};
use super::world::{NOW, WORKSPACE, Who, World, ms};

const STRANGE: i64 = 71;
const PATIENCE: Duration = Duration::from_secs(20);

async fn watch(
    world: &World,
    who: &Who,
    workspace_id: i64,
    link_id: i64,
) -> Result<Streaming<WatchClicksResponse>, Error> {
    let mut client = LiveServiceClient::new(world.channel());
    let request = world.request_as(who, WatchClicksRequest { workspace_id, link_id });
    client.watch_clicks(request).await.map(tonic::Response::into_inner).map_err(Error::from)
}

fn viewer(workspace: i64) -> Who {
    Who { role: Role::Viewer, workspace, scopes: None }
}

/// The clicks that arrive until there are `count`, and how many were skipped.
async fn seen(stream: &mut Streaming<WatchClicksResponse>, count: usize) -> (Vec<LiveClick>, u64) {
    let (mut clicks, mut skipped) = (Vec::new(), 0);
    let arrive = async {
        while clicks.len() < count {
            let message = stream.message().await.unwrap().unwrap();
            clicks.extend(message.clicks);
            skipped += message.skipped;
        }
    };
    tokio::time::timeout(PATIENCE, arrive).await.expect("they arrive");
    (clicks, skipped)
}

/// Publishes clicks as a redirector of its own.
async fn happen(world: &World, producer: u8, shard: u32, clicks: Vec<curtail_proto::events::v1::Click>) {
    let last = clicks.len() as u64;
    publish(&world.redis, &format!("clicks:{shard}"), &Producer::new(producer, clicks).batch(1, last)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_seen_within_a_second_with_all_but_the_visitor() {
    let world = World::start().await;
    let mut stream = watch(&world, &viewer(WORKSPACE), WORKSPACE, 0).await.unwrap();
    let mut bot = click(WORKSPACE, 9, ms(NOW), 3);
    (bot.user_agent, bot.qr, bot.referrer) = (GOOGLEBOT.into(), true, "news.ycombinator.com".into());
    let start = Instant::now();
    happen(&world, 1, 0, vec![click(WORKSPACE, 8, ms(NOW) - 1, 1), bot, click(STRANGE, 7, ms(NOW), 1)]).await;
    let (clicks, skipped) = seen(&mut stream, 2).await;
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    assert_eq!((clicks.len(), skipped), (2, 0), "nothing of the other workspace");
    let [first, second] = &clicks[..] else { panic!("two") };
    assert_eq!((first.link_id, first.browser.as_str(), first.device.as_str()), (8, "Firefox", "desktop"));
    assert_eq!((first.channel.as_str(), first.bot, first.qr), ("direct", false, false));
    assert_eq!((second.link_id, second.bot, second.qr), (9, true, true));
    assert_eq!((second.referrer.as_str(), second.at.unwrap().seconds), ("ycombinator.com", NOW.unix_timestamp()));
    assert_ne!(first.id, second.id);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_serves_watchers_and_one_link_can_be_watched_alone() {
    let world = World::start().await;
    let other = World::with(world.config.clone()).await;
    let mut streams = Vec::new();
    for world in [&world, &other] {
        streams.push(watch(world, &viewer(WORKSPACE), WORKSPACE, 0).await.unwrap());
    }
    let mut alone = watch(&other, &viewer(WORKSPACE), WORKSPACE, 5).await.unwrap();
    for shard in 0..4 {
        let clicks = vec![click(WORKSPACE, 4, ms(NOW), 1), click(WORKSPACE, 5, ms(NOW), 2)];
        happen(&world, shard as u8 + 1, shard, clicks).await;
    }
    for stream in &mut streams {
        assert_eq!(seen(stream, 8).await.0.len(), 8);
    }
    let (clicks, _) = seen(&mut alone, 4).await;
    assert!(clicks.iter().all(|click| click.link_id == 5));
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_are_shown_in_a_second_are_a_number() {
    let mut config = curtail_testkit::config().await;
    config.analytics.live_clicks_per_second = 10;
    let world = World::with(config).await;
    let mut stream = watch(&world, &viewer(WORKSPACE), WORKSPACE, 0).await.unwrap();
    happen(&world, 1, 0, (0..500).map(|n| click(WORKSPACE, 1, ms(NOW), n)).collect()).await;
    let mut sum = (0, 0);
    while sum.0 + sum.1 < 500 {
        let message = tokio::time::timeout(PATIENCE, stream.message()).await.unwrap().unwrap().unwrap();
        sum = (sum.0 + message.clicks.len() as u64, sum.1 + message.skipped);
    }
    assert_eq!(sum, (10, 490), "the clock of the test stands still");
    assert_eq!(world.lifetime(1).await.clicks, 500, "all are counted");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_members_watch_their_workspace_and_no_other() {
    let world = World::start().await;
    let key = |scopes| Who { scopes: Some(scopes), ..viewer(WORKSPACE) };
    for (who, workspace, expected) in [
        (viewer(WORKSPACE), WORKSPACE, None),
        (key(vec![Scope::Analytics]), WORKSPACE, None),
        (key(vec![]), WORKSPACE, Some(Code::Forbidden)),
        (viewer(WORKSPACE), STRANGE, Some(Code::NotFound)),
        (viewer(WORKSPACE), 0, Some(Code::NotFound)),
    ] {
        let opened = watch(&world, &who, workspace, 0).await;
        assert_eq!(opened.err().map(|error| error.code), expected);
    }
    // A link of another workspace has no clicks in one's own.
    let mut stream = watch(&world, &viewer(WORKSPACE), WORKSPACE, 7).await.unwrap();
    happen(&world, 1, 0, vec![click(STRANGE, 7, ms(NOW), 1), click(WORKSPACE, 7, ms(NOW), 2)]).await;
    assert_eq!(seen(&mut stream, 1).await.0.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_does_not_read_holds_nobody_up() {
    let mut config = curtail_testkit::config().await;
    config.analytics.live_clicks_per_second = 10_000;
    let world = World::with(config).await;
    let _idle = watch(&world, &viewer(WORKSPACE), WORKSPACE, 0).await.unwrap();
    let producer = Producer::new(1, (0..20_000).map(|n| click(WORKSPACE, 1, ms(NOW), n)).collect());
    for batch in producer.batches(500) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == 20_000, PATIENCE, "counted").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_goes_on_after_redis_was_away() {
    let directory = tempfile::tempdir().unwrap();
    let mut redis = curtail_testkit::PrivateRedis::start(directory.path(), curtail_testkit::free_port()).await.unwrap();
    let config = curtail_config::Config { redis: redis.config(0), ..curtail_testkit::config().await };
    let world = World::with(config).await;
    let mut stream = watch(&world, &viewer(WORKSPACE), WORKSPACE, 0).await.unwrap();
    happen(&world, 1, 0, vec![click(WORKSPACE, 1, ms(NOW), 1)]).await;
    seen(&mut stream, 1).await;
    redis.kill9();
    redis.restart().await.unwrap();
    // Who listens again is not known from outside: clicks happen until one is seen.
    let again = async {
        for producer in 2.. {
            let batch = Producer::new(producer, vec![click(WORKSPACE, 2, ms(NOW), 1)]).batch(1, 1);
            let _ = super::publish::try_publish(&world.redis, "clicks:0", &batch).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        (clicks, _) = seen(&mut stream, 1) => assert_eq!(clicks[0].link_id, 2),
        () = again => {}
    }
    world.stop().await;
}
