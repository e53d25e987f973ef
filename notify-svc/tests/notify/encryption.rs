//! Whether mails go out in the open.

use crate::receiver::Receiver;
use crate::world::{PATIENCE, World};

/// What the last try of the one mail ended with.
async fn error(world: &World) -> String {
    sqlx::query_scalar("SELECT error FROM messages").fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_encryption_is_required_nothing_is_sent_without() {
    let receiver = Receiver::start().await;
    for url in [format!("{}?tls=required", receiver.url()), receiver.url().replace("smtp:", "smtps:")] {
        let world = World::sending_to(&url, |config| config.notify.mail_timeout_ms = 2_000).await;
        world.enqueue(&["u10@example.com".to_owned()]).await;
        curtail_testkit::until(async || !error(&world).await.is_empty(), PATIENCE, "a try has ended").await;
        assert!(receiver.received().is_empty(), "{url}");
        let waits: bool =
            sqlx::query_scalar("SELECT state = 1 AND attempts = 0 FROM messages").fetch_one(&world.pool).await.unwrap();
        assert!(waits, "it waits until somebody mends the server");
        world.stop().await;
    }
    let world = World::sending_to(&format!("{}?tls=opportunistic", receiver.url()), |_| ()).await;
    world.enqueue(&["u10@example.com".to_owned()]).await;
    world.settled().await;
    assert_eq!(receiver.recipients(), ["u10@example.com"], "where it is only wished for, the server decides");
    world.stop().await;
}
