//! What people choose to be told.

use curtail_proto::notify::v1::{
    GetPreferencesRequest, NotificationKind as Kind, Preference, UpdatePreferencesRequest, UpdatePreferencesResponse,
};
use curtail_rpc::{Code, Error};
use curtail_tokens::Scope;

use crate::world::{World, answer};

/// What a user gets, by kind.
async fn wanted(world: &World, user: i64) -> Vec<(Kind, bool)> {
    let request = world.request_as(user, None, GetPreferencesRequest {});
    let preferences = answer(world.client().get_preferences(request).await).unwrap().preferences;
    preferences.into_iter().map(|preference| (preference.kind(), preference.email)).collect()
}

async fn choose(world: &World, user: i64, choices: &[(i32, bool)]) -> Result<UpdatePreferencesResponse, Error> {
    let preferences =
        choices.iter().map(|(kind, email)| Preference { kind: *kind, email: *email, ..Preference::default() });
    let message = UpdatePreferencesRequest { preferences: preferences.collect() };
    answer(world.client().update_preferences(world.request_as(user, None, message)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_holds_for_its_owner_and_nobody_else() {
    let world = World::start().await;
    let before = wanted(&world, 1).await;
    assert_eq!(before.len(), 14);
    assert!(before.contains(&(Kind::WeeklyReport, true)) && before.contains(&(Kind::LinkCreated, false)));

    let (report, created) = (Kind::WeeklyReport as i32, Kind::LinkCreated as i32);
    // The last word on a kind counts.
    let answer = choose(&world, 1, &[(report, true), (report, false), (created, true)]).await.unwrap();
    let shown: Vec<_> = answer.preferences.iter().map(|preference| (preference.kind(), preference.email)).collect();
    let after = wanted(&world, 1).await;
    assert_eq!(shown, after);
    assert!(after.contains(&(Kind::WeeklyReport, false)) && after.contains(&(Kind::LinkCreated, true)));
    assert_eq!(wanted(&world, 2).await, before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guards_the_account_can_not_be_switched_off() {
    let world = World::start().await;
    let before = wanted(&world, 1).await;
    let changes = [(Kind::WeeklyReport as i32, false), (Kind::NewDevice as i32, false)];
    let error = choose(&world, 1, &changes).await.unwrap_err();
    assert_eq!((error.code, error.reason.as_ref()), (Code::Invalid, "REQUIRED_NOTIFICATION"));
    assert_eq!(wanted(&world, 1).await, before, "all or nothing");
    for unknown in [0, 15, -1] {
        assert_eq!(choose(&world, 1, &[(unknown, true)]).await.unwrap_err().reason, "UNKNOWN_NOTIFICATION");
    }
    let many = |n| vec![(Kind::WeeklyReport as i32, true); n];
    assert!(choose(&world, 1, &many(32)).await.is_ok());
    assert_eq!(choose(&world, 1, &many(33)).await.unwrap_err().reason, "TOO_MANY_PREFERENCES");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_services_have_no_preferences_and_keys_need_the_scope() {
    let world = World::start().await;
    let refused = answer(world.client().get_preferences(world.request(GetPreferencesRequest {})).await).unwrap_err();
    assert_eq!(refused.reason, "USER_REQUIRED");
    let read = Some(vec![Scope::Read]);
    let get = world.request_as(1, read.clone(), GetPreferencesRequest {});
    assert!(world.client().get_preferences(get).await.is_ok());
    let update = world.request_as(1, read, UpdatePreferencesRequest::default());
    let refused = answer(world.client().update_preferences(update).await).unwrap_err();
    assert_eq!((refused.code, refused.reason.as_ref()), (Code::Forbidden, "SCOPE_MISSING"));
    world.stop().await;
}
