use std::time::Duration;

use curtail_streams::{Group, trim_behind_groups};
use fred::interfaces::StreamsInterface as _;

use crate::kit::{SOON, add, numbers};

const NO_WAIT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_cut_never_passes_the_slowest_group() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    for n in 0..300 {
        add(&pool, "s", n).await;
    }
    let cut = async || {
        trim_behind_groups(&pool, "s", Duration::ZERO).await.unwrap();
        numbers(&pool, "s").await.first().copied()
    };
    let mut quick = Group::new(&config, pool.clone(), "s", "quick", "a").unwrap();
    let mut slow = Group::new(&config, pool.clone(), "s", "slow", "a").unwrap();
    slow.ensure().await.unwrap();
    let all: Vec<_> = quick.read(300, NO_WAIT).await.unwrap().iter().map(|entry| entry.id).collect();
    quick.ack(&all).await.unwrap();
    assert_eq!(cut().await, Some(0), "one group has read nothing yet");
    slow.read(200, NO_WAIT).await.unwrap();
    assert_eq!(cut().await, Some(0), "what was handed out is pending");
    slow.ack(&all[..50]).await.unwrap();
    slow.ack(&all[51..200]).await.unwrap();
    assert_eq!(cut().await, Some(50), "the oldest pending entry stays");
    slow.ack(&all[50..51]).await.unwrap();
    assert_eq!(cut().await, Some(200), "what was handed out last goes too");
    let left = slow.read(300, NO_WAIT).await.unwrap();
    assert_eq!(left.len(), 100, "nothing was lost");
}

#[tokio::test]
async fn young_entries_stay_for_those_who_follow_without_a_group() {
    let config = curtail_testkit::redis().await;
    let pool = curtail_streams::connect(&config).await.unwrap();
    let mut group = Group::new(&config, pool.clone(), "s", "g", "a").unwrap();
    for n in 0..3 {
        let id = add(&pool, "s", n).await;
        group.read(1, NO_WAIT).await.unwrap();
        group.ack(&[id]).await.unwrap();
    }
    assert_eq!(trim_behind_groups(&pool, "s", Duration::from_secs(3600)).await.unwrap(), 0);
    let cut = async || trim_behind_groups(&pool, "s", Duration::ZERO).await.unwrap() == 3;
    curtail_testkit::until(cut, SOON, "then all of them go").await;
    let id = add(&pool, "s", 3).await;
    assert_eq!(group.read(1, NO_WAIT).await.unwrap().first().map(|entry| entry.id), Some(id), "the stream goes on");
}

#[tokio::test]
async fn a_stream_without_groups_is_bounded_too() {
    let pool = curtail_streams::connect(&curtail_testkit::redis().await).await.unwrap();
    let _: String = pool.xadd("s", false, None, "1000-0", ("e", "old")).await.unwrap();
    add(&pool, "s", 1).await;
    assert_eq!(trim_behind_groups(&pool, "s", Duration::ZERO).await.unwrap(), 1);
    assert_eq!(trim_behind_groups(&pool, "nothing", Duration::ZERO).await.unwrap(), 0);
}
