//! Trouble at the other end and at ours.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::receiver::{Mood, Receiver};
use crate::world::{PATIENCE, World};

fn addresses(count: usize) -> Vec<String> {
    (100..100 + count).map(|n| format!("u{n}@example.com")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_slow_and_refusing_recipients_delay_nobody_else() {
    let receiver = Receiver::start().await;
    let (slow, bad) = (Duration::from_secs(8), ["u103@example.com", "u105@example.com"]);
    for address in ["u101@example.com", "u102@example.com", "u104@example.com"] {
        receiver.treat(address, Mood::Slow(slow));
    }
    bad.iter().for_each(|address| receiver.treat(address, Mood::Refuse(550)));
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    let began = Instant::now();
    world.enqueue(&addresses(60)).await;
    curtail_testkit::until(async || receiver.received().len() >= 55, PATIENCE, "the others have their mail").await;
    assert!(began.elapsed() < slow, "{:?}", began.elapsed());
    world.settled().await;
    let mut expected = addresses(60);
    expected.retain(|address| !bad.contains(&address.as_str()));
    assert_eq!(receiver.recipients(), expected, "all the others, each once");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_a_server_that_comes_late_gets_each_mail_once() {
    let addr = format!("127.0.0.1:{}", curtail_testkit::free_port()).parse().unwrap();
    let world = World::sending_to(&format!("smtp://{addr}"), |_| ()).await;
    world.enqueue(&addresses(30)).await;
    let tried = async || -> bool {
        sqlx::query_scalar("SELECT count(*) > 0 FROM messages WHERE error <> ''").fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(tried, PATIENCE, "a try in vain").await;
    let receiver = Receiver::at(addr).await;
    world.settled().await;
    assert_eq!(receiver.recipients(), addresses(30), "none is lost, none comes twice");
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM messages WHERE attempts > 0 OR state <> 2")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(counted, 0, "a server that is away uses up no try");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_a_server_that_dies_in_the_middle_gets_every_mail_under_one_id() {
    let mut receiver = Receiver::start().await;
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    world.enqueue(&addresses(100)).await;
    for received in [10, 40] {
        curtail_testkit::until(async || receiver.received().len() >= received, PATIENCE, "some mails").await;
        receiver.die();
        receiver.come_back().await;
    }
    world.settled().await;
    // What was cut off between the mail and the answer to it has come twice, with the same Message-ID.
    let ids: BTreeSet<(String, String)> = receiver.received().iter().map(|(to, mail)| (to.clone(), id(mail))).collect();
    let recipients: Vec<String> = ids.into_iter().map(|(to, _)| to).collect();
    assert_eq!(recipients, addresses(100));
    world.stop().await;
}

fn id(mail: &[u8]) -> String {
    MessageParser::default().parse(mail).unwrap().message_id().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_an_answer_that_does_not_come_in_time_is_asked_for_again() {
    let receiver = Receiver::start().await;
    receiver.treat("u100@example.com", Mood::Slow(Duration::from_secs(30)));
    let world = World::sending_to(&receiver.url(), |config| config.notify.mail_timeout_ms = 500).await;
    world.enqueue(&addresses(3)).await;
    let late = async || -> bool {
        let query = "SELECT count(*) = 1 FROM messages WHERE error = 'no answer in time' AND attempts = 1";
        sqlx::query_scalar(query).fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(late, PATIENCE, "one is late").await;
    receiver.forgive("u100@example.com");
    world.clock.advance(time::Duration::seconds(34));
    world.settled().await;
    assert_eq!(receiver.recipients(), addresses(3));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_two_processes_send_each_mail_once() {
    let receiver = Receiver::start().await;
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    let twin = world.twin().await;
    world.enqueue(&addresses(200)).await;
    world.settled().await;
    assert_eq!(receiver.recipients(), addresses(200));
    world.stop().await;
    twin.join().await.unwrap();
}
