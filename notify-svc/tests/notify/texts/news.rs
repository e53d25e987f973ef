//! From events to text messages.

use curtail_proto::auth::v1::{ApiKey, Session};
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::*;
use curtail_proto::notify::v1::{
    GetPreferencesRequest, NotificationKind as Kind, Preference, UpdatePreferencesRequest,
};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use time::Duration;

use super::api::{Api, error};
use super::kit::*;
use crate::events::{WORKSPACE, account, event, mails, publish, snapshot, timestamp};
use crate::world::{NOW, PATIENCE, World, answer};

const ADA: &str = "+15005550001";

/// The kinds that have a text message, except for that of a traffic spike, whose link only shortener-svc knows.
const KINDS: [Kind; 6] = [
    Kind::PasswordChanged,
    Kind::NewDevice,
    Kind::AccountLocked,
    Kind::ApiKeyCreated,
    Kind::LinkExpired,
    Kind::WebhookDisabled,
];

/// An event of each of [`KINDS`] that concerns user 1, with a piece of the text.
fn everything() -> Vec<(Envelope, &'static str)> {
    let (email, full_name) = (String::from("member1@example.com"), String::from("Ada"));
    let device = NewDeviceSignedIn {
        user_id: 1,
        email: email.clone(),
        full_name: full_name.clone(),
        session: Some(Session::default()),
    };
    let locked = AccountLocked { user_id: 1, email, full_name, until: timestamp(NOW + Duration::DAY) };
    let key = ApiKey { name: "deploys of https://evil.example".into(), ..ApiKey::default() };
    let disabled = WebhookDisabled { webhook_id: 4, creator_id: 1, url: "https://hooks.example/in".into(), gone: true };
    vec![
        (event(1, 0, Payload::PasswordChanged(PasswordChanged { user_id: 1 })), "password was changed on 21 November"),
        (event(2, 0, Payload::NewDeviceSignedIn(device)), "signed in from a new device"),
        (event(3, 0, Payload::AccountLocked(locked)), "until 22 November 2026 at 12:00 UTC"),
        (
            event(4, WORKSPACE, Payload::ApiKeyCreated(ApiKeyCreated { api_key: Some(key), creator_id: 1 })),
            "\"deploys of https: //evil. e...\"",
        ),
        (event(5, WORKSPACE, Payload::LinkExpired(LinkExpired { snapshot: snapshot() })), "/learn has ended on 21"),
        (event(6, WORKSPACE, Payload::WebhookDisabled(disabled)), "https: //hooks. example/in was disabled"),
    ]
}

async fn people(api: &Api) -> World {
    let world = World::with_people_in(settings(&api.url()).await).await;
    for user in 1..=3 {
        account(&world, user, true).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_f11_who_wants_texts_gets_each_once_at_a_confirmed_number() {
    let api = Api::start().await;
    let world = people(&api).await;
    // The first wants all; the second has not confirmed the number; the third wants none.
    for kind in KINDS {
        want(&world, 1, kind, true).await;
        want(&world, 2, kind, true).await;
    }
    confirmed(&world, &api, 1, ADA).await;
    set(&world, 2, "+15005550002").await.unwrap();
    confirmed(&world, &api, 3, "+15005550003").await;

    let mut thrice: Vec<Envelope> = Vec::new();
    for _ in 0..3 {
        thrice.extend(everything().into_iter().map(|(envelope, _)| envelope));
    }
    thrice.shuffle(&mut StdRng::seed_from_u64(11));
    for envelope in &thrice {
        publish(&world, envelope).await;
    }
    curtail_testkit::until(async || api.texts(ADA).len() > KINDS.len(), PATIENCE, "a text for each kind").await;
    // Mails are made of the same events: six for the first, and one for each of the others about the link.
    curtail_testkit::until(async || world.mailbox().len() == 8, PATIENCE, "a mail for each").await;
    world.settled().await;
    let texts = api.texts(ADA).split_off(1);
    assert_eq!(texts.len(), KINDS.len(), "{texts:?}");
    for (_, piece) in everything() {
        assert!(texts.iter().any(|text| text.contains(piece)), "{piece} in {texts:#?}");
    }
    assert_eq!(api.taken().len(), KINDS.len() + 3, "and the three codes");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_may_come_without_a_mail() {
    let api = Api::start().await;
    let world = people(&api).await;
    want(&world, 1, Kind::LinkExpired, false).await;
    confirmed(&world, &api, 1, ADA).await;
    publish(&world, &everything()[4].0).await;
    curtail_testkit::until(async || api.texts(ADA).len() == 2, PATIENCE, "the text").await;
    world.settled().await;
    let mut recipients: Vec<String> = mails(&world).into_iter().map(|(to, _)| to).collect();
    recipients.sort();
    assert_eq!(recipients, ["member2@example.com", "member3@example.com"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_loses_the_number_and_what_waits_for_it() {
    let api = Api::start().await;
    let world = people(&api).await;
    want(&world, 1, Kind::PasswordChanged, true).await;
    confirmed(&world, &api, 1, ADA).await;
    api.treat(ADA, error("500 Internal Server Error", 20_500, ""));
    publish(&world, &everything()[0].0).await;
    let waiting = async || -> bool {
        let query = "SELECT count(*) = 1 FROM messages WHERE medium = 2 AND state = 1 AND attempts = 1";
        sqlx::query_scalar(query).fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(waiting, PATIENCE, "a text waits").await;
    let erased = AccountErased { user_id: 1, workspace_ids: vec![] };
    publish(&world, &event(9, 0, Payload::AccountErased(erased))).await;
    let forgotten = async || -> bool {
        let query = sqlx::query_scalar("SELECT count(*) = 0 FROM messages WHERE user_id = 1 OR address = $1");
        query.bind(ADA).fetch_one(&world.pool).await.unwrap()
    };
    curtail_testkit::until(forgotten, PATIENCE, "nothing of the account is left").await;
    assert_eq!(get(&world, 1).await, None);
    // The text does not come later, nor by the event that comes again.
    api.forgive(ADA);
    world.clock.advance(Duration::MINUTE);
    publish(&world, &everything()[0].0).await;
    set(&world, 2, "+15005550002").await.unwrap();
    code(&api, "+15005550002", 1).await;
    assert_eq!(api.texts(ADA).len(), 1, "nothing after the code");
    world.stop().await;
}

/// What a user gets as a text message, and what could be one.
async fn texted(world: &World) -> (Vec<Kind>, Vec<Kind>) {
    let request = world.request_as(1, None, GetPreferencesRequest {});
    let all = answer(world.client().get_preferences(request).await).unwrap().preferences;
    let pick = |wanted: fn(&Preference) -> bool| all.iter().filter(|one| wanted(one)).map(Preference::kind).collect();
    (pick(|one| one.sms()), pick(|one| one.sms_available))
}

async fn update(world: &World, kind: Kind, email: bool, sms: Option<bool>) -> Result<(), curtail_rpc::Error> {
    let preference = Preference { kind: kind.into(), email, sms, ..Preference::default() };
    let message = UpdatePreferencesRequest { preferences: vec![preference] };
    answer(world.client().update_preferences(world.request_as(1, None, message)).await).map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_off_until_they_are_switched_on() {
    let world = World::start().await;
    let (on, available) = texted(&world).await;
    assert_eq!(on, []);
    let mut expected = [KINDS.as_slice(), &[Kind::TrafficSpike]].concat();
    expected.sort();
    assert_eq!(available, expected);
    update(&world, Kind::LinkExpired, true, Some(true)).await.unwrap();
    assert_eq!(texted(&world).await.0, [Kind::LinkExpired]);
    // A choice about mails leaves it as it is.
    update(&world, Kind::LinkExpired, false, None).await.unwrap();
    assert_eq!(texted(&world).await.0, [Kind::LinkExpired]);
    update(&world, Kind::LinkExpired, false, Some(false)).await.unwrap();
    assert_eq!(texted(&world).await.0, []);
    assert_eq!(reason(update(&world, Kind::WeeklyReport, true, Some(true)).await), "SMS_UNAVAILABLE");
    assert_eq!(reason(update(&world, Kind::NewDevice, false, Some(true)).await), "REQUIRED_NOTIFICATION");
    assert_eq!(texted(&world).await.0, []);
    world.stop().await;
}
