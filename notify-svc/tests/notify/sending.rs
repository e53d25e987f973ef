//! From a row to the other side of an SMTP dialogue, and into the folder.

use std::os::unix::fs::PermissionsExt as _;

use mail_parser::MessageParser;
use notify_svc::admin;

use crate::receiver::{Mood, Receiver};
use crate::world::{PATIENCE, World};

fn addresses(count: usize) -> Vec<String> {
    (10..10 + count).map(|n| format!("u{n}@example.com")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_with_both_bodies_and_can_be_unsubscribed_from() {
    let receiver = Receiver::start().await;
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    world.enqueue(&addresses(1)).await;
    world.settled().await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    let mail = MessageParser::default().parse(&received[0].1).unwrap();
    assert_eq!(mail.subject(), Some("Your week: 1 clicks"));
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("u10@example.com"));
    assert_eq!(mail.from().unwrap().first().unwrap().address(), Some("no-reply@localhost"));
    assert_eq!(mail.message_id(), Some("753130406578616d706c652e636f6d00@localhost"));
    let page = format!("{}/unsubscribe?token=", world.config.domains.app_url);
    assert!(mail.body_text(0).unwrap().contains(&page));
    assert!(mail.body_html(0).unwrap().contains("different visitors"));
    let header = |name: &str| mail.header_raw(name).unwrap_or_default().trim().replace(['\r', '\n'], "");
    assert!(header("List-Unsubscribe").starts_with(&format!("<{page}")), "{}", header("List-Unsubscribe"));
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    let kept: String = sqlx::query_scalar("SELECT data::text FROM messages").fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept, "{}", "what was sent is forgotten");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mails_are_private_files() {
    let world = World::start().await;
    world.enqueue(&addresses(2)).await;
    world.settled().await;
    let mails = world.mailbox();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|(name, _)| name.starts_with("20261121T120000Z-weekly-report-")), "{mails:?}");
    let path = std::path::Path::new(&world.config.notify.mailbox_dir).join(&mails[0].0);
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_dead_until_it_is_redriven() {
    let receiver = Receiver::start().await;
    receiver.treat("u11@example.com", Mood::Refuse(550));
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    world.enqueue(&addresses(3)).await;
    world.settled().await;
    assert_eq!(receiver.recipients(), ["u10@example.com", "u12@example.com"]);
    let dead = admin::dead(&world.config).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].address.as_str(), dead[0].attempts), ("u11@example.com", 1));
    assert!(dead[0].error.contains("not today"), "{}", dead[0].error);

    receiver.forgive("u11@example.com");
    assert_eq!(admin::redrive(&world.config, Some(b"nothing has this")).await.unwrap(), 0);
    assert_eq!(admin::redrive(&world.config, None).await.unwrap(), 1);
    // The operator's clock is the real one.
    world.clock.set(redriven_at(&world).await);
    world.settled().await;
    assert_eq!(receiver.recipients(), ["u10@example.com", "u11@example.com", "u12@example.com"]);
    world.stop().await;
}

async fn redriven_at(world: &World) -> time::OffsetDateTime {
    sqlx::query_scalar("SELECT max(due_at) FROM messages").fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_what_is_refused_for_now_is_tried_again_by_the_schedule() {
    let receiver = Receiver::start().await;
    receiver.treat("u10@example.com", Mood::Refuse(451));
    let world = World::sending_to(&receiver.url(), |_| ()).await;
    world.enqueue(&addresses(1)).await;
    let attempts =
        async || -> i32 { sqlx::query_scalar("SELECT attempts FROM messages").fetch_one(&world.pool).await.unwrap() };
    curtail_testkit::until(async || attempts().await == 1, PATIENCE, "the first try").await;
    world.clock.advance(time::Duration::seconds(34));
    curtail_testkit::until(async || attempts().await == 2, PATIENCE, "the second after half a minute").await;
    receiver.forgive("u10@example.com");
    world.clock.advance(time::Duration::seconds(133));
    world.settled().await;
    assert_eq!(receiver.recipients(), ["u10@example.com"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_days_is_given_up() {
    let receiver = Receiver::start().await;
    receiver.treat("u10@example.com", Mood::Refuse(451));
    let world = World::sending_to(&receiver.url(), |config| config.notify.give_up_hours = 1).await;
    world.enqueue(&addresses(1)).await;
    let tried = async || -> bool {
        sqlx::query_scalar("SELECT attempts = 1 FROM messages").fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(tried, PATIENCE, "the first try").await;
    world.clock.advance(time::Duration::seconds(3_601));
    world.settled().await;
    let dead = admin::dead(&world.config).await.unwrap();
    assert!(dead[0].error.starts_with("too old; last: "), "{}", dead[0].error);
    world.stop().await;
}
