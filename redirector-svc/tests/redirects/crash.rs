//! `kill -9` of a redirector that is a process of its own.

use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::Duration;

use curtail_testkit::until;

use crate::support::{Consumer, PATIENCE, Site, get, link};

/// A redirector; killed when it is dropped.
struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    async fn start(site: &Site) -> Self {
        let addr = SocketAddr::from(([127, 0, 0, 1], curtail_testkit::free_port()));
        let (program, arguments) = curtail_testkit::test_as_program("crash::redirector");
        let child = Command::new(program).args(arguments).envs(site.environment(addr)).spawn().unwrap();
        let process = Self { child, addr };
        until(async || tokio::net::TcpStream::connect(addr).await.is_ok(), PATIENCE, "it listens").await;
        process
    }

    fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the other tests start and kill"]
async fn redirector() {
    let config = curtail_config::Config::load().unwrap();
    let shutdown = curtail_lifecycle::Shutdown::from_signals(&config.lifecycle);
    redirector_svc::start(config, curtail_service::Deps::system(), shutdown).await.unwrap().join().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_click_that_was_answered_is_lost_by_kill_9() {
    let mut site = Site::alone(|_| {}).await;
    site.publish(&link("a", "https://dest.example/")).await;
    let mut consumer = Consumer::of_a_forgetful(site.redis.clone());
    let mut answered = 0;
    for round in 0..4 {
        let mut process = Process::start(&site).await;
        // Once without Redis, so that nothing can have been sent when it dies.
        let redis_away = round == 1;
        until(async || get(process.addr, "/a", &[]).await.status == 302, PATIENCE, "it redirects").await;
        answered += 1;
        if redis_away {
            site.server.as_mut().unwrap().kill9();
        }
        let visits = (0..100).map(|_| get(process.addr, "/a", &[]));
        for answer in futures_util::future::join_all(visits).await {
            assert_eq!(answer.status, 302);
            answered += 1;
        }
        process.kill9();
        if redis_away {
            site.server.as_mut().unwrap().restart().await.unwrap();
        }
        // Some rounds leave their directories uncounted for the next one.
        if round % 2 == 0 {
            consumer.read().await;
            consumer.tell().await;
        }
    }
    // The redirector of the site shares the spool directory and adopts what the dead ones left.
    consumer.until(answered).await;
    assert_eq!(consumer.lost, 0);
    let own = 2;
    let left = || std::fs::read_dir(&site.config.redirector.spool_dir).unwrap().count();
    until(async || consumer.tell().await && left() == own, PATIENCE, "drained directories are gone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_it_in_order() {
    let site = Site::alone(|_| {}).await;
    site.publish(&link("a", "https://dest.example/")).await;
    let mut process = Process::start(&site).await;
    until(async || get(process.addr, "/a", &[]).await.status == 302, PATIENCE, "it redirects").await;
    let signalled = Command::new("sh").args(["-c", &format!("kill -TERM {}", process.child.id())]).status().unwrap();
    assert!(signalled.success());
    let mut exited = None;
    until(
        async || {
            exited = process.child.try_wait().unwrap();
            exited.is_some()
        },
        Duration::from_secs(25),
        "it exits",
    )
    .await;
    assert!(exited.unwrap().success());
    Consumer::new(site.redis.clone()).until(1).await;
}
