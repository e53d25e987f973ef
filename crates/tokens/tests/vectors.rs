//! The official vectors: PASETO v4 against pasetors, which signs and verifies for this crate, PASERK against our key ring.
//!
//! The v4 vectors carry footers and payloads that are not ours, so [`curtail_tokens::verify`] has to refuse all of them, the valid
//! ones too; that pasetors agrees with the standard is tested below it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curtail_tokens::{KeyRing, Purpose, SigningKey};
use pasetors::{
    Local, Public,
    keys::{AsymmetricPublicKey, AsymmetricSecretKey, SymmetricKey},
    token::UntrustedToken,
    version4::{LocalToken, PublicToken, V4},
};
use serde::Deserialize;
use time::macros::datetime;

#[derive(Deserialize)]
struct File<T> {
    tests: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Paseto {
    name: String,
    expect_fail: bool,
    key: Option<String>,
    secret_key: Option<String>,
    secret_key_seed: Option<String>,
    public_key: Option<String>,
    token: String,
    payload: Option<String>,
    footer: String,
    implicit_assertion: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Paserk {
    name: String,
    expect_fail: bool,
    key: String,
    paserk: Option<String>,
}

fn load<T: for<'de> Deserialize<'de>>(json: &str) -> Vec<T> {
    serde_json::from_str::<File<T>>(json).unwrap().tests
}

fn v4() -> Vec<Paseto> {
    load(include_str!("vectors/v4.json"))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// What a vector says, or `None` if it is refused: as a public token by its public key, else as a local one by its key.
fn open(vector: &Paseto) -> Option<String> {
    let footer = Some(vector.footer.as_bytes()).filter(|footer| !footer.is_empty());
    let assertion = Some(vector.implicit_assertion.as_bytes());
    let trusted = if let Some(key) = &vector.public_key {
        let key = AsymmetricPublicKey::<V4>::from(&bytes(key)).ok()?;
        PublicToken::verify(&key, &UntrustedToken::<Public, V4>::try_from(&vector.token).ok()?, footer, assertion)
    } else {
        let key = SymmetricKey::<V4>::from(&bytes(vector.key.as_ref()?)).ok()?;
        LocalToken::decrypt(&key, &UntrustedToken::<Local, V4>::try_from(&vector.token).ok()?, footer, assertion)
    };
    Some(trusted.ok()?.payload().to_owned())
}

#[test]
fn s22_seventeen_vectors_of_which_five_must_fail() {
    let vectors = v4();
    assert_eq!((vectors.len(), vectors.iter().filter(|vector| vector.expect_fail).count()), (17, 5));
    for vector in vectors {
        assert_eq!(open(&vector), vector.payload.clone().filter(|_| !vector.expect_fail), "{}", vector.name);
    }
}

#[test]
fn s22_signing_gives_the_tokens_of_the_vectors() {
    let signed = v4().into_iter().filter(|vector| vector.name.starts_with("4-S"));
    for vector in signed {
        let seed: [u8; 32] = bytes(vector.secret_key_seed.as_ref().unwrap()).try_into().unwrap();
        let key = SigningKey::from_seed(seed);
        assert_eq!(public_key_of(&key), bytes(vector.public_key.as_ref().unwrap()), "{}", vector.name);
        let secret = AsymmetricSecretKey::<V4>::from(&bytes(vector.secret_key.as_ref().unwrap())).unwrap();
        let (payload, footer) = (vector.payload.unwrap(), vector.footer);
        let assertion = Some(vector.implicit_assertion.as_bytes());
        let token = PublicToken::sign(&secret, payload.as_bytes(), Some(footer.as_bytes()), assertion).unwrap();
        assert_eq!(token, vector.token, "{}", vector.name);
    }
}

#[test]
fn s22_no_vector_is_a_token_of_ours() {
    let ring = KeyRing::of([&SigningKey::from_seed([1; 32])]);
    for vector in v4() {
        for purpose in [Purpose::Access, Purpose::Internal, Purpose::Service] {
            let result = curtail_tokens::verify(&ring, purpose, &vector.token, datetime!(2021-12-31 23:59 UTC));
            assert!(result.is_err(), "{} as {purpose:?}", vector.name);
        }
    }
}

#[test]
fn paserk_public_keys_are_read_and_written() {
    for vector in load::<Paserk>(include_str!("vectors/k4.public.json")) {
        let text = vector.paserk.clone().unwrap_or_else(|| format!("k4.public.{}", encode(&vector.key)));
        let result = KeyRing::from_paserk([&text]);
        assert_eq!(result.is_err(), vector.expect_fail, "{}", vector.name);
        if !vector.expect_fail {
            assert_eq!(text, format!("k4.public.{}", encode(&vector.key)), "{}", vector.name);
        }
    }
}

#[test]
fn paserk_ids_are_computed() {
    for vector in load::<Paserk>(include_str!("vectors/k4.pid.json")) {
        let id = KeyRing::default().insert(&format!("k4.public.{}", encode(&vector.key))).ok();
        assert_eq!(id, vector.paserk, "{}", vector.name);
    }
}

fn encode(hex: &str) -> String {
    URL_SAFE_NO_PAD.encode(bytes(hex))
}

fn public_key_of(key: &SigningKey) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(key.public_paserk().strip_prefix("k4.public.").unwrap()).unwrap()
}
