//! Tokens that are almost right. Each case names why it is refused; a case that is refused for another reason is a bug too.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod claims;
mod footer;
mod forge;
mod shape;
mod times;

use curtail_tokens::{Claims, Membership, Plan, Purpose, Role, Scope, Subject, TokenError};
use forge::{Forgery, NOW, claims, key, ring};
use time::Duration;

/// Why an internal token is refused.
fn refused(token: &str) -> TokenError {
    curtail_tokens::verify(&ring(), Purpose::Internal, token, NOW).expect_err("the token must be refused")
}

/// Why a good internal token is refused after this change.
fn forged(change: impl FnOnce(&mut Forgery)) -> TokenError {
    let mut forgery = Forgery::of_a_good_token();
    change(&mut forgery);
    refused(&forgery.sign())
}

#[test]
fn what_is_signed_is_verified_whole() {
    let user = Claims {
        api_key_id: Some(i64::MAX),
        workspaces: [Role::Viewer, Role::Editor, Role::Admin, Role::Owner]
            .into_iter()
            .zip([Plan::Free, Plan::Pro, Plan::Enterprise, Plan::Free])
            .map(|(role, plan)| Membership { id: i64::MIN, role, plan })
            .collect(),
        scopes: vec![Scope::Read, Scope::Write, Scope::Analytics, Scope::Admin],
        platform_admin: true,
        ..claims()
    };
    for (purpose, claims) in [
        (Purpose::Access, claims()),
        (Purpose::Internal, user),
        (Purpose::Service, Claims { subject: Subject::Service("redirector".into()), session_id: None, ..claims() }),
    ] {
        let token = curtail_tokens::sign(&key(), purpose, &claims).unwrap();
        assert_eq!(curtail_tokens::verify(&ring(), purpose, &token, NOW), Ok(claims));
    }
    assert!(
        curtail_tokens::verify(&ring(), Purpose::Internal, &Forgery::of_a_good_token().sign(), NOW).is_ok(),
        "the forge works"
    );
}

#[test]
fn times_are_kept_to_the_millisecond() {
    let exact = Claims { issued_at: NOW + Duration::microseconds(1_234_567), ..claims() };
    let token = curtail_tokens::sign(&key(), Purpose::Internal, &exact).unwrap();
    let verified = curtail_tokens::verify(&ring(), Purpose::Internal, &token, NOW + Duration::seconds(2)).unwrap();
    assert_eq!(verified.issued_at, NOW + Duration::milliseconds(1_234));
}

#[test]
fn too_many_memberships_are_refused_when_signing() {
    let member = Membership { id: i64::MAX, role: Role::Owner, plan: Plan::Enterprise };
    let many = |n| Claims { workspaces: vec![member; n], ..claims() };
    assert!(curtail_tokens::sign(&key(), Purpose::Internal, &many(400)).is_ok());
    assert_eq!(curtail_tokens::sign(&key(), Purpose::Internal, &many(600)), Err(TokenError::TooLong));
}
