use std::sync::{Arc, Mutex};

use curtail_lifecycle::Shutdown;
use curtail_streams::{Tail, TailEvent};
use curtail_testkit::PrivateRedis;
use tokio::task::JoinHandle;

use crate::kit::{Publishing, SOON, add, numbers};

/// `-1` stands for an interruption, `0` for the return, everything else for an event.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<i64>>>);

impl Told {
    fn follow(&self, config: &curtail_config::Redis, stream: &str) -> (Shutdown, JoinHandle<anyhow::Result<()>>) {
        let (told, shutdown) = (self.clone(), Shutdown::new());
        let tail = Tail::new(config, stream).expect("the URL parses");
        let tell = move |event| {
            told.0.lock().expect("not poisoned").push(match event {
                TailEvent::Interrupted => -1,
                TailEvent::Resumed => 0,
                TailEvent::Entry(envelope) => envelope.workspace_id,
            });
        };
        (shutdown.clone(), tokio::spawn(tail.run(tell, shutdown)))
    }

    async fn becomes(&self, expected: &[i64]) {
        let told = async || *self.0.lock().expect("not poisoned") == expected;
        curtail_testkit::until(told, SOON, &format!("told {expected:?}")).await;
    }
}

#[tokio::test]
async fn everyone_sees_everything_from_the_moment_it_began() {
    let config = curtail_testkit::redis().await;
    let (pool, one, two) = (curtail_streams::connect(&config).await.unwrap(), Told::default(), Told::default());
    add(&pool, "s", 1).await;
    let followers = [one.follow(&config, "s"), two.follow(&config, "s")];
    one.becomes(&[0]).await;
    two.becomes(&[0]).await;
    add(&pool, "s", 2).await;
    curtail_streams::append(&pool, "s", vec![("junk", "x".into())]).await.unwrap();
    add(&pool, "s", 3).await;
    one.becomes(&[0, 2, 3]).await;
    two.becomes(&[0, 2, 3]).await;
    for (shutdown, running) in followers {
        shutdown.begin();
        running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_restart_of_redis_is_told_and_nothing_after_it_is_missed_even_if_the_stream_was_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PrivateRedis::start(dir.path(), curtail_testkit::free_port()).await.unwrap();
    let config = server.config(0);
    let (redis, told) = (curtail_streams::connect(&config).await.unwrap(), Told::default());
    let publishing = Publishing::start(&redis).await;
    publishing.write([1]).await;
    curtail_testkit::until(async || numbers(&redis, "links").await == [1], SOON, "published").await;
    let (shutdown, running) = told.follow(&config, "links");
    told.becomes(&[0]).await;
    publishing.write([2]).await;
    told.becomes(&[0, 2]).await;

    server.restart().await.unwrap();
    told.becomes(&[0, 2, -1, 0]).await;
    publishing.write([3]).await;
    told.becomes(&[0, 2, -1, 0, 3]).await;

    server.restart_empty().await.unwrap();
    told.becomes(&[0, 2, -1, 0, 3, -1, 0]).await;
    publishing.write([4]).await;
    told.becomes(&[0, 2, -1, 0, 3, -1, 0, 4]).await;
    assert_eq!(numbers(&redis, "links").await, [1, 2, 3, 4]);

    shutdown.begin();
    running.await.unwrap().unwrap();
    publishing.stop().await;
}
