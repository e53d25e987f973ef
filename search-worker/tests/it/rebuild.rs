//! Building the index again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use curtail_proto::links::v1::{BatchCreateLinksRequest, CreateLinkRequest, DeleteLinkRequest, NewLink};

use crate::engines::on_every_engine;
use crate::world::*;

on_every_engine!(
    a_created_link_is_found_by_a_mistyped_word_of_its_title,
    searches_and_events_go_on_while_the_index_is_built,
    a_build_brings_back_what_the_stream_no_longer_has_and_forgets_no_deletion,
);

fn new(title: &str) -> NewLink {
    NewLink { url: "https://target.example/".into(), title: title.into(), ..NewLink::default() }
}

impl World {
    async fn create(&self, title: &str) -> i64 {
        let request = CreateLinkRequest { workspace_id: WORKSPACE, link: Some(new(title)), ..Default::default() };
        let answer = self.links_client().create_link(self.request(WORKSPACE, request)).await.unwrap();
        answer.into_inner().link.unwrap().id
    }

    async fn create_many(&self, count: usize) {
        let links = (0..count).map(|n| new(&format!("many {n}"))).collect();
        let request = BatchCreateLinksRequest { workspace_id: WORKSPACE, links, ..Default::default() };
        self.links_client().batch_create_links(self.request(WORKSPACE, request)).await.unwrap();
    }
}

async fn a_created_link_is_found_by_a_mistyped_word_of_its_title(world: World) {
    let id = world.create("Spring announcements").await;
    world.finds("anouncements", &[id]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_missing_broken_or_older_index_is_built_by_itself() {
    let mut world = World::start().await;
    let (kept, gone) = (world.create("Spring sale").await, world.create("Spring party").await);
    let delete = world.request(WORKSPACE, DeleteLinkRequest { id: gone, version: 0 });
    world.links_client().delete_link(delete).await.unwrap();
    world.finds("spring", &[kept]).await;
    world.drained().await;
    type Damage = fn(&std::path::Path);
    let damages: [(&str, Damage); 3] = [
        ("missing", |root| std::fs::remove_dir_all(root).unwrap()),
        ("older", |root| std::fs::write(root.join("current"), "links-0-1").unwrap()),
        ("broken", |root| {
            let current = root.join(std::fs::read_to_string(root.join("current")).unwrap());
            std::fs::write(current.join("meta.json"), "{").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let meanwhile = async |config: &curtail_config::Config| damage(std::path::Path::new(&config.search.index_dir));
        world = world.restart_search(meanwhile).await;
        let built = world.built(1).await;
        assert_eq!((built.error.as_str(), built.scanned), ("", 2), "{name}");
        assert_eq!(world.find("spring").await, [kept], "{name}");
        let indexes = std::fs::read_dir(&world.config.search.index_dir).unwrap().flatten();
        let left = indexes.filter(|entry| entry.file_name().to_string_lossy().starts_with("links-")).count();
        assert_eq!(left, 1, "{name}: what is not used is removed");
    }
    world.stop().await;
}

async fn searches_and_events_go_on_while_the_index_is_built(world: World) {
    let world = Arc::new(world);
    for _ in 0..3 {
        world.create_many(1_000).await;
    }
    let first = world.create("Evergreen").await;
    world.finds("evergreen", &[first]).await;
    // A cluster refreshes its shards one by one: the last link may be found before all of the others.
    let all = async || world.ask(asking("many")).await.unwrap().total == 3_000;
    curtail_testkit::until(all, Duration::from_secs(30), "all links are found").await;

    let done = Arc::new(AtomicBool::new(false));
    let (watcher, ended) = (Arc::clone(&world), Arc::clone(&done));
    let watched = tokio::spawn(async move {
        let mut searches = 0;
        while !ended.load(Ordering::Relaxed) {
            assert_eq!(watcher.find("evergreen").await, [first], "after {searches} searches");
            searches += 1;
        }
        searches
    });
    let started = world.reindex().await;
    assert_eq!(world.reindex().await.number, started.number, "asking twice is asking once");
    let during = world.create("Late comer").await;
    let built = world.built(started.number).await;
    assert_eq!((built.error.as_str(), built.scanned >= 3_001), ("", true), "{built:?}");
    world.finds("late comer", &[during]).await;
    done.store(true, Ordering::Relaxed);
    assert!(watched.await.unwrap() > 0);
    assert_eq!(world.ask(asking("many")).await.unwrap().total, 3_000);
    Arc::into_inner(world).unwrap().stop().await;
}

async fn a_build_brings_back_what_the_stream_no_longer_has_and_forgets_no_deletion(world: World) {
    let (kept, gone) = (world.create("Spring sale").await, world.create("Spring party").await);
    world.finds("spring", &[gone, kept]).await;
    let old = curtail_proto::links::v1::Link { id: gone, ..link(gone, "Spring party") };
    let delete = world.request(WORKSPACE, DeleteLinkRequest { id: gone, version: 0 });
    world.links_client().delete_link(delete).await.unwrap();
    world.finds("spring", &[kept]).await;
    let started = world.reindex().await;
    world.built(started.number).await;
    world.publish(&old).await;
    world.drained().await;
    assert_eq!(world.find("spring").await, [kept]);
    world.stop().await;
}
