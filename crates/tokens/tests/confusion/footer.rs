//! The footer and the key that it names.

use curtail_tokens::{KeyRing, Purpose, SigningKey, TokenError};
use serde_json::json;

use crate::{
    forge::{Forgery, NOW, claims, key, ring, token},
    forged, refused,
};

#[test]
fn s22_footer_of_a_mebibyte() {
    let footer = "A".repeat(1 << 20);
    assert_eq!(refused(&format!("{}.{footer}", &token()[..100])), TokenError::TooLong);
}

#[test]
fn s22_footer_of_256_bytes_is_parsed_and_257_are_not() {
    let kid = key().key_id().to_owned();
    let padded = |bytes: usize| {
        let bare = json!({ "kid": kid }).to_string();
        format!("{bare}{}", " ".repeat(bytes - bare.len()))
    };
    let mut longest = Forgery::of_a_good_token();
    longest.footer = padded(256);
    assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &longest.sign(), NOW).is_ok());
    assert_eq!(forged(|forgery| forgery.footer = padded(257)), TokenError::Footer);
    assert_eq!(forged(|forgery| forgery.footer = padded(5000)), TokenError::Footer);
}

#[test]
fn s22_footer_with_a_wrapped_key() {
    let kid = key().key_id().to_owned();
    assert_eq!(
        forged(|f| f.footer = json!({ "kid": kid, "wpk": "k4.local-wrap.pie.AAAA" }).to_string()),
        TokenError::Footer
    );
}

#[test]
fn s22_footer_that_brings_its_own_key() {
    let attacker = SigningKey::from_seed([66; 32]);
    let footers = [
        json!({ "kid": attacker.public_paserk() }),
        json!({ "kid": attacker.key_id(), "key": attacker.public_paserk() }),
        json!({ "kid": key().key_id(), "jwk": attacker.public_paserk() }),
    ];
    for (footer, reason) in footers.into_iter().zip([TokenError::UnknownKey, TokenError::Footer, TokenError::Footer]) {
        let error = forged(|forgery| {
            forgery.key = attacker.clone();
            forgery.footer = footer.to_string();
        });
        assert_eq!(error, reason, "{footer}");
    }
}

#[test]
fn s22_footer_that_is_not_a_key_id() {
    for footer in ["{}", "null", "[]", "\"x\"", "not json", "{\"kid\":7}", "{\"kid\":null}", "{\"kid\":[\"a\"]}"] {
        assert_eq!(forged(|forgery| forgery.footer = footer.into()), TokenError::Footer, "{footer}");
    }
}

#[test]
fn s22_footer_with_two_key_ids() {
    let kid = key().key_id().to_owned();
    let footer = format!("{{\"kid\":\"k4.pid.x\",\"kid\":\"{kid}\"}}");
    assert_eq!(forged(|forgery| forgery.footer = footer), TokenError::Footer);
}

#[test]
fn s22_footer_nested_deep() {
    assert_eq!(forged(|forgery| forgery.footer = "[".repeat(250)), TokenError::Footer);
}

#[test]
fn s22_footer_of_another_token() {
    let other = SigningKey::from_seed([2; 32]);
    let ring = KeyRing::of([&key(), &other]);
    let foreign = curtail_tokens::sign(&other, Purpose::Internal, &claims()).unwrap();
    let mixed = format!("{}.{}", token().rsplit_once('.').unwrap().0, foreign.rsplit_once('.').unwrap().1);
    assert_eq!(curtail_tokens::verify(&ring, Purpose::Internal, &mixed, NOW), Err(TokenError::Signature));
}

#[test]
fn s22_unknown_key() {
    let stranger = SigningKey::from_seed([2; 32]);
    assert_eq!(
        refused(&curtail_tokens::sign(&stranger, Purpose::Internal, &claims()).unwrap()),
        TokenError::UnknownKey
    );
}

#[test]
fn s22_unknown_key_under_a_known_id() {
    assert_eq!(forged(|forgery| forgery.key = SigningKey::from_seed([2; 32])), TokenError::Signature);
}

#[test]
fn s22_empty_ring() {
    let result = curtail_tokens::verify(&KeyRing::default(), Purpose::Internal, &token(), NOW);
    assert_eq!(result, Err(TokenError::UnknownKey));
}
