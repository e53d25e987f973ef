//! Events in every order and number, and such that are none.

use curtail_proto::links::v1::Link;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::engines::on_every_engine;
use crate::world::*;

on_every_engine!(
    a_change_and_a_deletion_are_seen_and_an_older_version_is_not,
    f8_f11_events_delivered_three_times_and_shuffled_make_the_same_index,
    f9_poison_becomes_dead_letters_and_nothing_else_stops,
    the_index_and_the_place_in_the_stream_survive_a_restart,
);

async fn a_change_and_a_deletion_are_seen_and_an_older_version_is_not(world: World) {
    world.publish(&link(1, "Spring sale")).await;
    world.finds("spring", &[1]).await;
    world.publish(&Link { version: 3, ..link(1, "Autumn sale") }).await;
    world.finds("autumn", &[1]).await;
    world.publish(&Link { version: 2, ..link(1, "Summer sale") }).await;
    world.drained().await;
    assert_eq!((world.find("summer").await, world.find("autumn").await), (vec![], vec![1]));
    assert_eq!(world.find("spring").await, [0; 0]);

    let deleted = Link { version: 4, deleted_at: Some(prost_types::Timestamp::default()), ..link(1, "Autumn sale") };
    world.publish(&deleted).await;
    world.finds("autumn", &[]).await;
    world.publish(&Link { version: 3, ..link(1, "Autumn sale") }).await;
    world.drained().await;
    assert_eq!(world.find("").await, [0; 0], "an old event does not bring a deleted link back");
    world.publish(&Link { version: 5, ..link(1, "Autumn sale") }).await;
    world.finds("autumn", &[1]).await;
    world.stop().await;
}

/// Every version of some links, as a run without trouble would publish them.
fn history(rng: &mut StdRng) -> Vec<Link> {
    let words = ["spring", "summer", "sale", "news", "notes", "shop"];
    let mut events = Vec::new();
    for id in 1..=40 {
        for version in 1..=rng.random_range(1..5) {
            let word = |rng: &mut StdRng| words[rng.random_range(0..words.len())];
            let title = format!("{} {}", word(rng), word(rng));
            let tags = tags(&[word(rng)]);
            let deleted_at = rng.random_bool(0.2).then(prost_types::Timestamp::default);
            events.push(Link { version, tags, deleted_at, disabled: rng.random_bool(0.2), ..link(id, &title) });
        }
    }
    events
}

async fn f8_f11_events_delivered_three_times_and_shuffled_make_the_same_index(world: World) {
    let (calm, rough) = (world.beside().await, world);
    let mut rng = StdRng::seed_from_u64(8);
    let events = history(&mut rng);
    for event in &events {
        calm.publish(event).await;
    }
    let mut thrice: Vec<&Link> = events.iter().chain(&events).chain(&events).collect();
    thrice.shuffle(&mut rng);
    for event in thrice {
        rough.publish(event).await;
    }
    calm.drained().await;
    rough.drained().await;
    let expected = calm.everything().await;
    assert!(expected[0].total > 10, "{expected:?}");
    assert_eq!(rough.everything().await, expected);
    calm.stop().await;
    rough.stop().await;
}

async fn f9_poison_becomes_dead_letters_and_nothing_else_stops(world: World) {
    let good = event(&link(1, "truncated"));
    let poison = [
        b"\xff\xfe\xfd".to_vec(),
        good[..good.len() - 3].to_vec(),
        vec![0xff; 1 << 20],
        event(&Link { id: 0, ..link(1, "nameless") }),
        event(&Link { version: 0, ..link(1, "without version") }),
    ];
    for (number, poison) in poison.iter().enumerate() {
        world.publish(&link(100 + number as i64, "spring")).await;
        world.publish_raw(poison.clone()).await;
    }
    world.finds("spring", &[104, 103, 102, 101, 100]).await;
    world.drained().await;
    let letters: u64 = fred::interfaces::StreamsInterface::xlen(&world.redis, "links:dlq").await.unwrap();
    assert_eq!(letters, poison.len() as u64);
    assert_eq!(world.find("").await.len(), 5);
    world.stop().await;
}

async fn the_index_and_the_place_in_the_stream_survive_a_restart(world: World) {
    world.publish(&link(1, "Spring sale")).await;
    world.finds("spring", &[1]).await;
    let redis = world.redis.clone();
    let meanwhile = async |_: &curtail_config::Config| {
        let payload = bytes::Bytes::from(event(&link(2, "Spring party")));
        curtail_streams::append(&redis, "links", vec![("e", payload)]).await.unwrap();
    };
    let world = world.restart_search(meanwhile).await;
    assert!(world.find("sale").await == [1], "what was indexed is there at once");
    world.finds("spring", &[2, 1]).await;
    assert_eq!(world.built(0).await.number, 0, "nothing was built anew");
    world.stop().await;
}
