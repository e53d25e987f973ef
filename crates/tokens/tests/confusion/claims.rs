//! Purpose, issuer, audience, subject and the shape of the claims.

use curtail_tokens::{Claims, Purpose, Subject, TokenError};
use serde_json::json;

use crate::{
    forge::{self, Forgery, NOW, claims, key, ring},
    forged, refused,
};

#[test]
fn s22_every_purpose_but_its_own() {
    let purposes = [Purpose::Access, Purpose::Internal, Purpose::Service];
    for signed in purposes {
        let subject = if signed == Purpose::Service { Subject::Service("links".into()) } else { Subject::User(7) };
        let token = curtail_tokens::sign(&key(), signed, &Claims { subject, ..claims() }).unwrap();
        for asked in purposes.into_iter().filter(|asked| *asked != signed) {
            let result = curtail_tokens::verify(&ring(), asked, &token, NOW);
            assert_eq!(result, Err(TokenError::Signature), "{signed:?} as {asked:?}");
        }
    }
}

#[test]
fn s22_implicit_assertion_missing() {
    assert_eq!(forged(|forgery| forgery.assertion = None), TokenError::Signature);
    assert_eq!(forged(|forgery| forgery.assertion = Some("")), TokenError::Signature);
}

#[test]
fn s22_implicit_assertion_of_another_purpose() {
    assert_eq!(forged(|forgery| forgery.assertion = Some("curtail/access")), TokenError::Signature);
    assert_eq!(forged(|forgery| forgery.assertion = Some("curtail/internal ")), TokenError::Signature);
}

#[test]
fn s22_wrong_audience() {
    for audience in [json!("gateway"), json!("Services"), json!("")] {
        assert_eq!(forged(|forgery| forgery.set("aud", audience.clone())), TokenError::Audience, "{audience}");
    }
}

#[test]
fn s22_wrong_issuer() {
    for issuer in [json!("evil"), json!("curtail "), json!("")] {
        assert_eq!(forged(|forgery| forgery.set("iss", issuer.clone())), TokenError::Issuer, "{issuer}");
    }
}

#[test]
fn s22_claims_missing_or_of_another_type() {
    for name in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"] {
        assert_eq!(forged(|forgery| forgery.remove(name)), TokenError::Claims, "no {name}");
        assert_eq!(forged(|forgery| forgery.set(name, json!(["curtail"]))), TokenError::Claims, "{name} as a list");
        assert_eq!(forged(|forgery| forgery.set(name, json!(null))), TokenError::Claims, "{name} as null");
    }
}

#[test]
fn s22_claims_that_are_no_object() {
    for payload in ["[]", "null", "\"x\"", "{", ""] {
        assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &forge::raw(payload), NOW).is_err(), "{payload}");
    }
}

#[test]
fn s22_a_claim_twice() {
    let twice = Forgery::of_a_good_token().payload().replacen('{', "{\"sub\":\"u:1\",", 1);
    assert_eq!(refused(&forge::raw(&twice)), TokenError::Claims);
}

#[test]
fn s22_a_user_as_a_service_and_the_other_way_round() {
    assert_eq!(forged(|forgery| forgery.set("sub", json!("s:gateway"))), TokenError::Subject);
    let service = Claims { subject: Subject::Service("gateway".into()), ..claims() };
    assert_eq!(curtail_tokens::sign(&key(), Purpose::Internal, &service), Err(TokenError::Subject));
    assert_eq!(curtail_tokens::sign(&key(), Purpose::Service, &claims()), Err(TokenError::Subject));
}

#[test]
fn s22_subjects_that_are_none() {
    for subject in ["", "u", "u:", "u:x", "u: 7", "u:9223372036854775808", "s:", "7", "admin:7", "U:7"] {
        assert_eq!(forged(|forgery| forgery.set("sub", json!(subject))), TokenError::Claims, "{subject}");
    }
}

#[test]
fn s19_roles_plans_and_scopes_that_do_not_exist() {
    for workspaces in [json!([[1, 0, 1]]), json!([[1, 5, 1]]), json!([[1, 1, 0]]), json!([[1, 1, 4]]), json!([[1, 1]])]
    {
        assert_eq!(forged(|forgery| forgery.set("ws", workspaces.clone())), TokenError::Claims, "{workspaces}");
    }
    for scope in [0, 5, -1] {
        assert_eq!(forged(|forgery| forgery.set("scp", json!([scope]))), TokenError::Claims, "{scope}");
    }
}
