//! What was deleted leaves the files of the embedded index.

use std::path::Path;

use curtail_proto::links::v1::Link;

use crate::world::*;

/// Whether a file below the directory holds the word.
fn in_files(dir: &Path, word: &str) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let holds = |bytes: Vec<u8>| bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        // Files come and go.
        path.is_dir() && in_files(&path, word) || std::fs::read(&path).is_ok_and(holds)
    })
}

#[tokio::test]
async fn s40_words_of_deleted_links_leave_the_files() {
    let world = World::start().await;
    let named = |id: i64| link(id, if id % 2 == 0 { "Stays" } else { "Zanzibar" });
    for id in 1..=20 {
        world.publish(&named(id)).await;
    }
    curtail_testkit::until(async || world.find("zanzibar").await.len() == 10, PATIENCE, "they are found").await;
    for id in (1..=20).step_by(2) {
        let deleted_at = Some(prost_types::Timestamp::default());
        world.publish(&Link { version: 2, deleted_at, ..named(id) }).await;
    }
    world.finds("zanzibar", &[]).await;
    world.drained().await;
    let root = Path::new(&world.config.search.index_dir).to_owned();
    assert!(in_files(&root, "zanzibar"), "not found any more, but still there");

    // It looks when it starts and then every day.
    let world = world.restart_search(async |_| ()).await;
    curtail_testkit::until(async || !in_files(&root, "zanzibar"), PATIENCE, "the files forget it").await;
    assert!(in_files(&root, "stays"));
    assert_eq!(world.find("stays").await.len(), 10);
    world.publish(&named(1)).await;
    world.drained().await;
    assert_eq!(world.find("zanzibar").await, [0; 0], "that it was deleted is remembered");
    world.stop().await;
}
