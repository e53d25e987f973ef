use std::collections::HashSet;

use curtail_proto::{
    auth::v1::{
        ListRevocationsRequest, ListSessionsRequest, LogoutAllRequest, LogoutRequest, RevokeSessionRequest, TokenPair,
        revocation::Subject,
    },
    events::v1::envelope::Payload,
};
use futures_util::future::join_all;

use crate::{
    registration::events,
    world::{PASSWORD, World, answer, as_service, as_user, reason},
};

async fn signed_in(world: &World) -> TokenPair {
    world.register("ada@example.com").await.tokens.unwrap()
}

async fn another(world: &World) -> TokenPair {
    world.login("ada@example.com", PASSWORD, "2001:db8:1:2::3", "").await.unwrap().tokens.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_each_refresh_token_gives_the_next() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let second = world.refresh(&first.refresh_token).await.unwrap();
    let third = world.refresh(&second.refresh_token).await.unwrap();
    assert_eq!((first.session_id, second.session_id), (second.session_id, third.session_id));
    let tokens = [&first, &second, &third].map(|pair| pair.refresh_token.as_str());
    assert_eq!(HashSet::from(tokens).len(), 3);
    assert!(world.is_signed_in(&third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_spent_token_ends_its_session_and_no_other() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let other = another(&world).await;
    let second = world.refresh(&first.refresh_token).await.unwrap();
    let third = world.refresh(&second.refresh_token).await.unwrap();
    assert_eq!(reason(world.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert_eq!(reason(world.refresh(&third.refresh_token).await), "REFRESH_TOKEN_INVALID");
    assert!(!world.is_signed_in(&third).await);
    assert!(world.is_signed_in(&other).await);
    assert!(revoked_on_stream(&world, 3).await.contains(&Subject::SessionId(first.session_id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_doubled_refresh_is_tolerated_until_its_answer_is_used() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let second = world.refresh(&first.refresh_token).await.unwrap();
    let again = world.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_ne!(again.access_token, second.access_token);
    // The access token of the answer is shown: from now on the old token is a copy in wrong hands.
    assert!(world.is_signed_in(&second).await);
    assert_eq!(reason(world.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert!(!world.is_signed_in(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_fifty_parallel_refreshes_end_with_one_family() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let answers = join_all((0..50).map(|_| world.refresh(&first.refresh_token))).await;
    let pairs: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(pairs.iter().map(|pair| &pair.refresh_token).collect::<HashSet<_>>().len(), 1);
    assert_eq!(live_sessions(&world).await, 1);
    let last = world.refresh(&pairs[17].refresh_token).await.unwrap();
    assert!(world.is_signed_in(&last).await);
    assert_eq!(reason(world.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert_eq!(live_sessions(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_race_with_a_copy_ends_the_session() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let second = world.refresh(&first.refresh_token).await.unwrap();
    world.refresh(&second.refresh_token).await.unwrap();
    // The thief's copy among the owner's refreshes: whoever comes first, nothing is left in the end.
    let tries = (0..20).map(|n| world.refresh(if n % 2 == 0 { &second.refresh_token } else { &first.refresh_token }));
    let answers = join_all(tries).await;
    assert!(answers.iter().any(|answer| answer.as_ref().is_err_and(|error| error.reason == "REFRESH_TOKEN_REUSED")));
    assert_eq!(live_sessions(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_unused_after_thirty_days_and_used_after_its_longest_life() {
    let world = World::with(|config| config.auth.session_max_days = 45).await;
    let idle = signed_in(&world).await;
    let busy = another(&world).await;
    world.advance(time::Duration::days(30) - time::Duration::SECOND).await;
    let busy = world.refresh(&busy.refresh_token).await.unwrap();
    world.advance(time::Duration::SECOND).await;
    assert_eq!(reason(world.refresh(&idle.refresh_token).await), "REFRESH_TOKEN_INVALID");
    world.advance(time::Duration::days(15) - time::Duration::SECOND).await;
    let busy = world.refresh(&busy.refresh_token).await.unwrap();
    assert!(world.is_signed_in(&busy).await);
    world.advance(time::Duration::SECOND).await;
    assert!(!world.is_signed_in(&busy).await);
    assert_eq!(reason(world.refresh(&busy.refresh_token).await), "REFRESH_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tokens_live_a_quarter_of_an_hour() {
    let world = World::new().await;
    let pair = signed_in(&world).await;
    world.advance(time::Duration::seconds(899)).await;
    assert!(world.is_signed_in(&pair).await);
    world.advance(time::Duration::SECOND).await;
    assert!(!world.is_signed_in(&pair).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_device_and_network_and_ended_one_by_one() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let second = another(&world).await;
    let internal = world.internal(&first).await;
    let list = async || answer(world.client().list_sessions(as_user(&internal, ListSessionsRequest {})).await).unwrap();
    let listed = list().await.sessions;
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [second.session_id, first.session_id]);
    assert_eq!(listed.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true]);
    assert_eq!(listed[0].ip_prefix, "2001:db8:1::/48");
    assert_eq!((listed[1].ip_prefix.as_str(), listed[1].user_agent.as_str()), ("192.0.2.0/24", "Firefox"));

    let revoke = async |id| {
        let request = as_user(&internal, RevokeSessionRequest { session_id: id, client: None });
        answer(world.client().revoke_session(request).await)
    };
    revoke(second.session_id).await.unwrap();
    assert!(!world.is_signed_in(&second).await);
    assert_eq!(list().await.sessions.len(), 1);
    assert_eq!(reason(revoke(second.session_id).await), "SESSION_NOT_FOUND");
    // S18: somebody else's session is none.
    let stranger = world.register("eve@example.com").await.tokens.unwrap();
    assert_eq!(reason(revoke(stranger.session_id).await), "SESSION_NOT_FOUND");
    assert!(world.is_signed_in(&stranger).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_one_session_or_all() {
    let world = World::new().await;
    let pairs = [signed_in(&world).await, another(&world).await, another(&world).await, another(&world).await];
    let logout = |refresh_token: &str| LogoutRequest { refresh_token: refresh_token.into(), client: None };
    // By refresh token, in the name of the gateway: the access token may have expired.
    answer(world.client().logout(as_service(logout(&pairs[0].refresh_token))).await).unwrap();
    assert!(!world.is_signed_in(&pairs[0]).await);
    // A second time, or with nonsense, is no error.
    answer(world.client().logout(as_service(logout(&pairs[0].refresh_token))).await).unwrap();
    answer(world.client().logout(as_service(logout("nonsense"))).await).unwrap();
    // Without one the caller's own session ends.
    let internal = world.internal(&pairs[1]).await;
    answer(world.client().logout(as_user(&internal, logout(""))).await).unwrap();
    assert!(!world.is_signed_in(&pairs[1]).await);
    let internal = world.internal(&pairs[2]).await;
    let ended =
        answer(world.client().logout_all(as_user(&internal, LogoutAllRequest { client: None })).await).unwrap().ended;
    assert_eq!(ended, 2);
    assert!(!world.is_signed_in(&pairs[3]).await);
    // Gateways hear of each, by the stream or by asking.
    let everything: HashSet<_> = pairs.iter().map(|pair| Subject::SessionId(pair.session_id)).collect();
    assert_eq!(revoked_on_stream(&world, 9).await, everything);
    assert_eq!(revoked_since(&world, None).await, everything);
    world.advance(time::Duration::minutes(1)).await;
    assert_eq!(revoked_since(&world, Some(world.clock.now())).await, HashSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_too_many_sessions_ends() {
    let world = World::new().await;
    let first = signed_in(&world).await;
    let second = another(&world).await;
    for _ in 0..99 {
        another(&world).await;
    }
    assert!(!world.is_signed_in(&first).await);
    assert!(world.is_signed_in(&second).await);
    assert_eq!(live_sessions(&world).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_long_over_is_forgotten_and_a_live_one_is_not() {
    let world = World::new().await;
    let (ended, live) = (signed_in(&world).await, another(&world).await);
    let logout = LogoutRequest { refresh_token: ended.refresh_token.clone(), client: None };
    answer(world.client().logout(as_service(logout)).await).unwrap();
    world.advance(time::Duration::days(20)).await;
    let live = world.refresh(&live.refresh_token).await.unwrap();
    let kept = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sessions");
        auth_svc::services::upkeep::clear_once(world.app()).await.unwrap();
        count.fetch_one(&world.app().pool).await.unwrap()
    };
    world.advance(time::Duration::days(10) - time::Duration::SECOND).await;
    assert_eq!(kept().await, 2);
    world.advance(time::Duration::SECOND).await;
    assert_eq!(kept().await, 1);
    assert_eq!(reason(world.refresh(&ended.refresh_token).await), "REFRESH_TOKEN_INVALID");
    world.refresh(&live.refresh_token).await.unwrap();
}

async fn live_sessions(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
        .fetch_one(&world.app().pool)
        .await
        .unwrap()
}

async fn revoked_on_stream(world: &World, count: usize) -> HashSet<Subject> {
    let payloads = events(world, count).await.into_iter().filter_map(|envelope| envelope.payload);
    payloads
        .filter_map(|payload| match payload {
            Payload::CredentialRevoked(fact) => fact.revocation.unwrap().subject,
            _ => None,
        })
        .collect()
}

async fn revoked_since(world: &World, since: Option<time::OffsetDateTime>) -> HashSet<Subject> {
    let since = since.map(|at| prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 });
    let request = as_service(ListRevocationsRequest { since });
    let answer = answer(world.client().list_revocations(request).await).unwrap();
    answer.revocations.into_iter().filter_map(|revocation| revocation.subject).collect()
}
