//! The owner hears of guesses and of new devices.

use curtail_proto::events::v1::envelope::Payload;

use crate::{
    registration::events,
    test_app::{PASSWORD, TestApp, reason},
};

#[tokio::test(flavor = "multi_thread")]
async fn s13_the_owner_is_told_of_a_lockout_once_and_nobody_learns_of_accounts_by_it() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    for email in ["unknown@example.com", "ada@example.com"] {
        for n in 0..18 {
            let ip = format!("198.51.100.{n}");
            assert_eq!(reason(app.login(email, "wrong", &ip, "").await), "BAD_CREDENTIALS");
            app.advance(time::Duration::seconds(31)).await;
        }
    }
    let locked = |payload: Payload| if let Payload::AccountLocked(fact) = payload { Some(fact) } else { None };
    let facts: Vec<_> = events(&app, 3).await.into_iter().filter_map(|e| e.payload).filter_map(locked).collect();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].email, "ada@example.com");
    assert!(facts[0].until.as_ref().unwrap().seconds > app.clock.now().unix_timestamp());
    let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'account.locked'")
        .fetch_one(&app.state().pool)
        .await
        .unwrap();
    assert_eq!(noted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_of_a_new_device_and_not_of_a_known_one() {
    let app = TestApp::new().await;
    let device = app.register("ada@example.com").await.tokens.unwrap().device;
    app.login("ada@example.com", PASSWORD, "192.0.2.1", &device).await.unwrap();
    app.login("ada@example.com", PASSWORD, "203.0.113.7", "").await.unwrap();
    let told = |payload: Payload| if let Payload::NewDeviceSignedIn(fact) = payload { Some(fact) } else { None };
    let facts: Vec<_> = events(&app, 3).await.into_iter().filter_map(|e| e.payload).filter_map(told).collect();
    assert_eq!(facts.len(), 1);
    let session = facts[0].session.as_ref().unwrap();
    assert_eq!((session.ip_prefix.as_str(), session.user_agent.as_str()), ("203.0.113.0/24", "Firefox"));
}
