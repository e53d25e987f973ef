//! Dead letters end with the account they are about (S40), and with time.

use bytes::Bytes;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{AccountErased, Envelope, LinkCreated};
use curtail_streams::{DeadLetters, ENVELOPE_FIELD, Group};
use expiry_worker::{Job, run_manually};
use fred::clients::Pool;
use prost::Message as _;
use time::Duration;

use crate::app::{SOON, TestApp};

const ERASED: i64 = 279_123_456_789_012_480;

/// An event of a workspace, as it lies among the dead letters of `links`.
async fn dead_letter(app: &TestApp, redis: &Pool, payload: Vec<u8>) {
    let group = Group::new(&app.config.redis, redis.clone(), "links", "sick", "a").unwrap();
    group.ensure().await.unwrap();
    let id = curtail_streams::append(redis, "links", vec![(ENVELOPE_FIELD, Bytes::from(payload))]).await.unwrap();
    curtail_streams::set_aside(redis, "links", "sick", id, "poison", "a test").await.unwrap();
}

fn event(workspace_id: i64) -> Vec<u8> {
    let payload = Some(Payload::LinkCreated(LinkCreated::default()));
    Envelope { event_id: vec![1; 16], workspace_id, payload, ..Envelope::default() }.encode_to_vec()
}

#[tokio::test]
async fn s40_letters_about_an_erased_account_go_and_old_ones_too() {
    let app = TestApp::start().await;
    let redis = curtail_streams::connect(&app.config.redis).await.unwrap();
    for payload in [event(ERASED), event(ERASED + 1), event(ERASED), b"\xff\xfe".to_vec()] {
        dead_letter(&app, &redis, payload).await;
    }
    let letters = DeadLetters::of(redis.clone(), "links");
    assert_eq!(letters.heads().await.unwrap().len(), 4);
    let worker = app.worker().await;
    let erased = Payload::AccountErased(AccountErased { user_id: 3, workspace_ids: vec![ERASED] });
    let erased = Envelope { event_id: vec![2; 16], payload: Some(erased), ..Envelope::default() }.encode_to_vec();
    curtail_streams::append(&redis, "accounts", vec![(ENVELOPE_FIELD, Bytes::from(erased))]).await.unwrap();
    let gone = async || letters.heads().await.unwrap().len() == 2;
    curtail_testkit::until(gone, SOON, "those of the workspace are gone, others and what is no event stay").await;
    worker.stop().await;

    let forget = async || run_manually(&app.config, Job::ForgetDeadLetters, app.clock.clone()).await.unwrap().summary();
    app.clock.advance(Duration::days(29));
    assert_eq!(forget().await, "nothing to do");
    app.clock.advance(Duration::days(1) + Duration::MINUTE);
    assert_eq!(forget().await, "2 letters");
    assert!(letters.heads().await.unwrap().is_empty());
    app.stop().await;
}
