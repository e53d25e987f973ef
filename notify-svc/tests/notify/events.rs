//! From events to mails.

use std::collections::BTreeSet;

use bytes::Bytes;
use curtail_proto::auth::v1::{ApiKey, Role, Session};
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::*;
use curtail_proto::links::v1::Link;
use mail_parser::MessageParser;
use prost::Message as _;
use prost_types::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use time::{Duration, OffsetDateTime};

use crate::world::{NOW, PATIENCE, World};

pub const WORKSPACE: i64 = 70;

pub fn timestamp(at: OffsetDateTime) -> Option<Timestamp> {
    Some(Timestamp { seconds: at.unix_timestamp(), nanos: 0 })
}

pub fn event(number: u8, workspace_id: i64, payload: Payload) -> Envelope {
    Envelope {
        event_id: vec![number; 16],
        occurred_at: timestamp(NOW),
        workspace_id,
        traceparent: String::new(),
        payload: Some(payload),
    }
}

fn stream(envelope: &Envelope) -> &'static str {
    match envelope.payload {
        Some(Payload::LinkCreated(_) | Payload::LinkExpired(_) | Payload::LinkExpiring(_)) => "links",
        Some(Payload::WeeklyReport(_) | Payload::TrafficSpike(_) | Payload::WebhookDisabled(_)) => "alerts",
        _ => "accounts",
    }
}

pub async fn publish(world: &World, envelope: &Envelope) {
    publish_raw(world, stream(envelope), envelope.encode_to_vec()).await;
}

async fn publish_raw(world: &World, stream: &str, bytes: Vec<u8>) {
    curtail_streams::append(&world.redis, stream, vec![(curtail_streams::ENVELOPE_FIELD, Bytes::from(bytes))])
        .await
        .unwrap();
}

/// An account in auth-svc's own tables; a member of [`WORKSPACE`].
pub async fn account(world: &World, id: i64, verified: bool) {
    let pool = curtail_db::connect(&world.config.database, "auth").await.unwrap();
    let verified_at = verified.then_some(NOW);
    sqlx::query(
        "INSERT INTO users (id, email, email_key, email_verified_at, full_name, password_hash, created_at, updated_at) \
         VALUES ($1, $2, $2, $3, 'Member', '-', $4, $4)",
    )
    .bind(id)
    .bind(format!("member{id}@example.com"))
    .bind(verified_at)
    .bind(NOW)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO workspaces (id, name, personal, created_at) VALUES ($1, 'W', false, $2) ON CONFLICT DO NOTHING",
    )
    .bind(WORKSPACE)
    .bind(NOW)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 1, $3)")
        .bind(WORKSPACE)
        .bind(id)
        .bind(NOW)
        .execute(&pool)
        .await
        .unwrap();
}

pub fn snapshot() -> Option<LinkSnapshot> {
    let link = Link {
        id: 5,
        workspace_id: WORKSPACE,
        code: "learn".into(),
        short_url: "http://localhost:8081/learn".into(),
        expires_at: timestamp(NOW + Duration::DAY),
        ..Link::default()
    };
    Some(LinkSnapshot { link: Some(link), target: None })
}

fn verification(number: u8, email: &str) -> Envelope {
    let payload = EmailVerificationRequested {
        user_id: i64::from(number),
        email: email.into(),
        full_name: "Ada".into(),
        token: format!("token-{number}"),
        expires_at: timestamp(NOW + Duration::DAY),
    };
    event(number, 0, Payload::EmailVerificationRequested(payload))
}

/// One event of every kind that mails have, with the recipients and a piece of the text.
fn everything() -> Vec<(Envelope, &'static [&'static str], &'static str)> {
    let (email, name) = (String::from("ada@example.com"), String::from("Ada"));
    let soon = timestamp(NOW + Duration::DAY);
    let ada: &[&str] = &["ada@example.com"];
    let member: &[&str] = &["member1@example.com"];
    let reset = PasswordResetRequested {
        user_id: 9,
        email: email.clone(),
        full_name: name.clone(),
        token: "reset-token".into(),
        expires_at: soon,
    };
    let signup = SignupAttempted { user_id: 9, email: email.clone(), full_name: name.clone() };
    let session = Session { user_agent: "Firefox".into(), ip_prefix: "203.0.113.0/24".into(), ..Session::default() };
    let device =
        NewDeviceSignedIn { user_id: 9, email: email.clone(), full_name: name.clone(), session: Some(session) };
    let locked = AccountLocked { user_id: 9, email: email.clone(), full_name: name, until: soon };
    let invitation = InvitationCreated {
        invitation_id: 3,
        workspace_name: "Engines".into(),
        inviter_name: "Ada".into(),
        email: "bob@example.com".into(),
        role: Role::Editor.into(),
        token: "invite-token".into(),
        expires_at: soon,
        inviter_id: 1,
    };
    let key = ApiKey { name: "deploys".into(), prefix: "ck_1".into(), ..ApiKey::default() };
    let report = WeeklyReport { week_start: timestamp(NOW - Duration::WEEK), clicks: 12, ..WeeklyReport::default() };
    let disabled = WebhookDisabled { webhook_id: 4, creator_id: 1, url: "https://hooks.example/in".into(), gone: true };
    vec![
        (verification(1, "ada@example.com"), ada, "/verify?token=token-1"),
        (event(2, 0, Payload::PasswordResetRequested(reset)), ada, "/reset?token=reset-token"),
        (event(3, 0, Payload::SignupAttempted(signup)), ada, "have an account already"),
        (event(4, 0, Payload::NewDeviceSignedIn(device)), ada, "203. 0. 113. 0/24"),
        (event(5, 0, Payload::AccountLocked(locked)), ada, "22 November 2026 at 12:00 UTC"),
        (
            event(6, WORKSPACE, Payload::InvitationCreated(invitation)),
            &["bob@example.com"],
            "/invite?token=invite-token",
        ),
        (event(7, 0, Payload::PasswordChanged(PasswordChanged { user_id: 1 })), member, "was changed on 21 November"),
        (
            event(8, WORKSPACE, Payload::ApiKeyCreated(ApiKeyCreated { api_key: Some(key), creator_id: 1 })),
            member,
            "deploys",
        ),
        // No one asked for a mail about each new link.
        (event(9, WORKSPACE, Payload::LinkCreated(LinkCreated { snapshot: snapshot() })), &[], ""),
        (
            event(10, WORKSPACE, Payload::LinkExpiring(LinkExpiring { snapshot: snapshot() })),
            member,
            "/learn ends on 22",
        ),
        (event(11, WORKSPACE, Payload::LinkExpired(LinkExpired { snapshot: snapshot() })), member, "has ended on 21"),
        (event(12, WORKSPACE, Payload::WeeklyReport(report)), member, "12 clicks"),
        (event(13, WORKSPACE, Payload::WebhookDisabled(disabled)), member, "hooks. example/in was disabled"),
    ]
}

/// Recipient and text of every mail in the folder.
pub fn mails(world: &World) -> Vec<(String, String)> {
    let parser = MessageParser::default();
    let mails = world.mailbox();
    mails
        .iter()
        .map(|(_, bytes)| {
            let mail = parser.parse(bytes).unwrap();
            let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
            (to, mail.body_text(0).unwrap().into_owned())
        })
        .collect()
}

async fn sent(world: &World, count: usize) {
    let sent = async || world.mailbox().len() >= count;
    curtail_testkit::until(sent, PATIENCE, "the mails are in the folder").await;
    world.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_tells_those_whom_it_concerns() {
    let world = World::with_people().await;
    account(&world, 1, true).await;
    // Has not proven the address, and gets nothing about the workspace.
    account(&world, 2, false).await;
    let everything = everything();
    for (envelope, ..) in &everything {
        publish(&world, envelope).await;
    }
    let expected: usize = everything.iter().map(|(_, recipients, _)| recipients.len()).sum();
    sent(&world, expected).await;
    let mut mails = mails(&world);
    assert_eq!(mails.len(), expected);
    for (envelope, recipients, piece) in &everything {
        for recipient in *recipients {
            let place = mails.iter().position(|(to, text)| to == recipient && text.contains(piece));
            let place =
                place.unwrap_or_else(|| panic!("no mail to {recipient} with {piece:?}: {envelope:?} in {mails:#?}"));
            mails.remove(place);
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_f11_events_that_come_three_times_and_shuffled_make_the_same_mails() {
    let world = World::with_people().await;
    account(&world, 1, true).await;
    let mut thrice: Vec<Envelope> = Vec::new();
    for _ in 0..3 {
        thrice.extend(everything().into_iter().map(|(envelope, ..)| envelope));
    }
    thrice.shuffle(&mut StdRng::seed_from_u64(11));
    for envelope in &thrice {
        publish(&world, envelope).await;
    }
    let expected: usize = everything().iter().map(|(_, recipients, _)| recipients.len()).sum();
    sent(&world, expected).await;
    // The last of all events has been handled when one that is published behind them has.
    for (number, stream) in [(200, "accounts"), (201, "links"), (202, "alerts")] {
        publish_raw(&world, stream, verification(number, "last@example.com").encode_to_vec()).await;
    }
    sent(&world, expected + 3).await;
    let names: BTreeSet<String> = world.mailbox().into_iter().map(|(name, _)| name).collect();
    assert_eq!((names.len(), world.states().await.len()), (expected + 3, expected + 3));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f9_s33_poison_is_put_aside_and_nothing_else_stops() {
    let world = World::with_people().await;
    let mut bad = 0;
    for number in 1..=40_u8 {
        publish(&world, &verification(number, &format!("good{number}@example.com"))).await;
        let poison = match number {
            8 => b"\xff\xff\xff".to_vec(),
            16 => verification(99, "ada@example.com\r\nBcc: eve@example.com").encode_to_vec(),
            24 => Envelope { event_id: vec![1], ..verification(98, "ada@example.com") }.encode_to_vec(),
            32 => {
                let whole = verification(97, "ada@example.com").encode_to_vec();
                whole[..whole.len() / 2].to_vec()
            }
            36 => vec![0; 1024 * 1024],
            _ => continue,
        };
        publish_raw(&world, "accounts", poison).await;
        bad += 1;
    }
    sent(&world, 40).await;
    // The webhooks read the same stream and put aside what they cannot read either.
    let letters = curtail_streams::DeadLetters::of(world.redis.clone(), "accounts");
    let buried = async || letters.heads().await.unwrap().iter().filter(|head| head.group == "mail").count();
    curtail_testkit::until(async || buried().await == bad, PATIENCE, "the poison is put aside").await;
    assert_eq!(world.mailbox().len(), 40);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_forgotten_and_old_news_are_none() {
    let world = World::with_people().await;
    publish(&world, &verification(1, "ada@example.com")).await;
    let old = Envelope { occurred_at: timestamp(NOW - Duration::hours(73)), ..verification(2, "old@example.com") };
    publish(&world, &old).await;
    sent(&world, 1).await;
    let erased = AccountErased { user_id: 1, workspace_ids: vec![] };
    publish(&world, &event(3, 0, Payload::AccountErased(erased))).await;
    let forgotten = async || world.states().await == [(String::new(), 4)];
    curtail_testkit::until(forgotten, PATIENCE, "nothing of the account is left").await;
    // The event that comes again finds that its mail existed.
    publish(&world, &verification(1, "ada@example.com")).await;
    publish(&world, &verification(4, "last@example.com")).await;
    sent(&world, 2).await;
    assert_eq!(world.states().await.len(), 2);
    world.stop().await;
}
