//! When a token is valid.

use curtail_tokens::{Claims, Purpose, Subject, TokenError};
use serde_json::json;
use time::Duration;

use crate::{
    forge::{NOW, claims, key, ring, token},
    forged,
};

#[test]
fn s22_expired() {
    let token = token();
    let expires_at = claims().expires_at;
    let just_before = expires_at - Duration::milliseconds(1);
    assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &token, just_before).is_ok());
    assert_eq!(curtail_tokens::verify(&ring(), Purpose::Internal, &token, expires_at), Err(TokenError::Expired));
}

#[test]
fn s22_not_yet_valid() {
    let token = token();
    let earliest = claims().issued_at - curtail_tokens::LEEWAY;
    assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &token, earliest).is_ok());
    let result = curtail_tokens::verify(&ring(), Purpose::Internal, &token, earliest - Duration::milliseconds(1));
    assert_eq!(result, Err(TokenError::NotYetValid));
}

#[test]
fn s22_not_before_later_than_issued() {
    assert_eq!(forged(|forgery| forgery.set("nbf", json!("2026-01-01T00:00:30Z"))), TokenError::NotYetValid);
}

#[test]
fn s22_living_longer_than_allowed() {
    for (purpose, subject) in [
        (Purpose::Access, Subject::User(7)),
        (Purpose::Internal, Subject::User(7)),
        (Purpose::Service, Subject::Service("links".into())),
    ] {
        let longest = Claims { subject, expires_at: NOW + purpose.max_life(), ..claims() };
        assert!(curtail_tokens::sign(&key(), purpose, &longest).is_ok());
        let longer = Claims { expires_at: longest.expires_at + Duration::milliseconds(1), ..longest };
        assert_eq!(curtail_tokens::sign(&key(), purpose, &longer), Err(TokenError::Life));
    }
    assert_eq!(forged(|forgery| forgery.set("exp", json!("2026-01-01T00:05:01Z"))), TokenError::Life);
    assert_eq!(forged(|forgery| forgery.set("exp", json!("9999-12-31T23:59:59Z"))), TokenError::Life);
}

#[test]
fn s22_ending_before_it_began() {
    assert_eq!(forged(|forgery| forgery.set("exp", json!("2025-12-31T23:59:59Z"))), TokenError::Life);
    assert_eq!(forged(|forgery| forgery.set("exp", json!("2026-01-01T00:00:00Z"))), TokenError::Life);
}

#[test]
fn s22_times_that_are_none() {
    for time in [json!(1_767_225_660), json!("2026-01-01"), json!("tomorrow"), json!("2026-13-01T00:00:00Z"), json!("")]
    {
        assert_eq!(forged(|forgery| forgery.set("exp", time.clone())), TokenError::Claims, "{time}");
    }
}
