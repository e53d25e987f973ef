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
    test_app::{PASSWORD, TestApp, answer, as_service, as_user, reason},
};

async fn signed_in(app: &TestApp) -> TokenPair {
    app.register("ada@example.com").await.tokens.unwrap()
}

async fn another(app: &TestApp) -> TokenPair {
    app.login("ada@example.com", PASSWORD, "2001:db8:1:2::3", "").await.unwrap().tokens.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_each_refresh_token_gives_the_next() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let second = app.refresh(&first.refresh_token).await.unwrap();
    let third = app.refresh(&second.refresh_token).await.unwrap();
    assert_eq!((first.session_id, second.session_id), (second.session_id, third.session_id));
    let tokens = [&first, &second, &third].map(|pair| pair.refresh_token.as_str());
    assert_eq!(HashSet::from(tokens).len(), 3);
    assert!(app.is_signed_in(&third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_spent_token_ends_its_session_and_no_other() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let other = another(&app).await;
    let second = app.refresh(&first.refresh_token).await.unwrap();
    let third = app.refresh(&second.refresh_token).await.unwrap();
    assert_eq!(reason(app.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert_eq!(reason(app.refresh(&third.refresh_token).await), "REFRESH_TOKEN_INVALID");
    assert!(!app.is_signed_in(&third).await);
    assert!(app.is_signed_in(&other).await);
    assert!(revoked_on_stream(&app, 3).await.contains(&Subject::SessionId(first.session_id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_doubled_refresh_is_tolerated_until_its_answer_is_used() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let second = app.refresh(&first.refresh_token).await.unwrap();
    let again = app.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_ne!(again.access_token, second.access_token);
    // The access token of the answer is shown: from now on the old token is a copy in wrong hands.
    assert!(app.is_signed_in(&second).await);
    assert_eq!(reason(app.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert!(!app.is_signed_in(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_fifty_parallel_refreshes_end_with_one_family() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let answers = join_all((0..50).map(|_| app.refresh(&first.refresh_token))).await;
    let pairs: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(pairs.iter().map(|pair| &pair.refresh_token).collect::<HashSet<_>>().len(), 1);
    assert_eq!(live_sessions(&app).await, 1);
    let last = app.refresh(&pairs[17].refresh_token).await.unwrap();
    assert!(app.is_signed_in(&last).await);
    assert_eq!(reason(app.refresh(&first.refresh_token).await), "REFRESH_TOKEN_REUSED");
    assert_eq!(live_sessions(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_race_with_a_copy_ends_the_session() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let second = app.refresh(&first.refresh_token).await.unwrap();
    app.refresh(&second.refresh_token).await.unwrap();
    // The thief's copy among the owner's refreshes: in every order, nothing is left in the end.
    let tries = (0..20).map(|n| app.refresh(if n % 2 == 0 { &second.refresh_token } else { &first.refresh_token }));
    let answers = join_all(tries).await;
    assert!(answers.iter().any(|answer| answer.as_ref().is_err_and(|error| error.reason == "REFRESH_TOKEN_REUSED")));
    assert_eq!(live_sessions(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_unused_after_thirty_days_and_used_after_its_longest_life() {
    let app = TestApp::with(|config| config.auth.session_max_days = 45).await;
    let idle = signed_in(&app).await;
    let busy = another(&app).await;
    app.advance(time::Duration::days(30) - time::Duration::SECOND).await;
    let busy = app.refresh(&busy.refresh_token).await.unwrap();
    app.advance(time::Duration::SECOND).await;
    assert_eq!(reason(app.refresh(&idle.refresh_token).await), "REFRESH_TOKEN_INVALID");
    app.advance(time::Duration::days(15) - time::Duration::SECOND).await;
    let busy = app.refresh(&busy.refresh_token).await.unwrap();
    assert!(app.is_signed_in(&busy).await);
    app.advance(time::Duration::SECOND).await;
    assert!(!app.is_signed_in(&busy).await);
    assert_eq!(reason(app.refresh(&busy.refresh_token).await), "REFRESH_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tokens_live_a_quarter_of_an_hour() {
    let app = TestApp::new().await;
    let pair = signed_in(&app).await;
    app.advance(time::Duration::seconds(899)).await;
    assert!(app.is_signed_in(&pair).await);
    app.advance(time::Duration::SECOND).await;
    assert!(!app.is_signed_in(&pair).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_device_and_network_and_ended_one_by_one() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let second = another(&app).await;
    let internal = app.internal(&first).await;
    let list = async || answer(app.client().list_sessions(as_user(&internal, ListSessionsRequest {})).await).unwrap();
    let listed = list().await.sessions;
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [second.session_id, first.session_id]);
    assert_eq!(listed.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true]);
    assert_eq!(listed[0].ip_prefix, "2001:db8:1::/48");
    assert_eq!((listed[1].ip_prefix.as_str(), listed[1].user_agent.as_str()), ("192.0.2.0/24", "Firefox"));

    let revoke = async |id| {
        let request = as_user(&internal, RevokeSessionRequest { session_id: id, client: None });
        answer(app.client().revoke_session(request).await)
    };
    revoke(second.session_id).await.unwrap();
    assert!(!app.is_signed_in(&second).await);
    assert_eq!(list().await.sessions.len(), 1);
    assert_eq!(reason(revoke(second.session_id).await), "SESSION_NOT_FOUND");
    // S18: the session of another user does not exist.
    let stranger = app.register("eve@example.com").await.tokens.unwrap();
    assert_eq!(reason(revoke(stranger.session_id).await), "SESSION_NOT_FOUND");
    assert!(app.is_signed_in(&stranger).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_one_session_or_all() {
    let app = TestApp::new().await;
    let pairs = [signed_in(&app).await, another(&app).await, another(&app).await, another(&app).await];
    let logout = |refresh_token: &str| LogoutRequest { refresh_token: refresh_token.into(), client: None };
    // By refresh token, in the name of the gateway: the access token may have expired.
    answer(app.client().logout(as_service(logout(&pairs[0].refresh_token))).await).unwrap();
    assert!(!app.is_signed_in(&pairs[0]).await);
    // A second time, or with nonsense, is no error.
    answer(app.client().logout(as_service(logout(&pairs[0].refresh_token))).await).unwrap();
    answer(app.client().logout(as_service(logout("nonsense"))).await).unwrap();
    // Without one the caller's own session ends.
    let internal = app.internal(&pairs[1]).await;
    answer(app.client().logout(as_user(&internal, logout(""))).await).unwrap();
    assert!(!app.is_signed_in(&pairs[1]).await);
    let internal = app.internal(&pairs[2]).await;
    let ended =
        answer(app.client().logout_all(as_user(&internal, LogoutAllRequest { client: None })).await).unwrap().ended;
    assert_eq!(ended, 2);
    assert!(!app.is_signed_in(&pairs[3]).await);
    // Gateways hear of each, by the stream or by asking.
    let everything: HashSet<_> = pairs.iter().map(|pair| Subject::SessionId(pair.session_id)).collect();
    assert_eq!(revoked_on_stream(&app, 9).await, everything);
    assert_eq!(revoked_since(&app, None).await, everything);
    app.advance(time::Duration::minutes(1)).await;
    assert_eq!(revoked_since(&app, Some(app.clock.now())).await, HashSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_too_many_sessions_ends() {
    let app = TestApp::new().await;
    let first = signed_in(&app).await;
    let second = another(&app).await;
    for _ in 0..99 {
        another(&app).await;
    }
    assert!(!app.is_signed_in(&first).await);
    assert!(app.is_signed_in(&second).await);
    assert_eq!(live_sessions(&app).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_long_over_is_forgotten_and_a_live_one_is_not() {
    let app = TestApp::new().await;
    let (ended, live) = (signed_in(&app).await, another(&app).await);
    let logout = LogoutRequest { refresh_token: ended.refresh_token.clone(), client: None };
    answer(app.client().logout(as_service(logout)).await).unwrap();
    app.advance(time::Duration::days(20)).await;
    let live = app.refresh(&live.refresh_token).await.unwrap();
    let kept = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sessions");
        auth_svc::maintenance::delete_expired_once(app.state()).await.unwrap();
        count.fetch_one(&app.state().pool).await.unwrap()
    };
    app.advance(time::Duration::days(10) - time::Duration::SECOND).await;
    assert_eq!(kept().await, 2);
    app.advance(time::Duration::SECOND).await;
    assert_eq!(kept().await, 1);
    assert_eq!(reason(app.refresh(&ended.refresh_token).await), "REFRESH_TOKEN_INVALID");
    app.refresh(&live.refresh_token).await.unwrap();
}

async fn live_sessions(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
        .fetch_one(&app.state().pool)
        .await
        .unwrap()
}

async fn revoked_on_stream(app: &TestApp, count: usize) -> HashSet<Subject> {
    let payloads = events(app, count).await.into_iter().filter_map(|envelope| envelope.payload);
    payloads
        .filter_map(|payload| match payload {
            Payload::CredentialRevoked(fact) => fact.revocation.unwrap().subject,
            _ => None,
        })
        .collect()
}

async fn revoked_since(app: &TestApp, since: Option<time::OffsetDateTime>) -> HashSet<Subject> {
    let since = since.map(|at| prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 });
    let request = as_service(ListRevocationsRequest { since });
    let answer = answer(app.client().list_revocations(request).await).unwrap();
    answer.revocations.into_iter().filter_map(|revocation| revocation.subject).collect()
}
