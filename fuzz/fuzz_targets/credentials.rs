//! Tokens and cookies: only the token that was signed is believed, and no `Cookie` breaks the reader.
#![no_main]

use std::sync::LazyLock;

use curtail_clock::Clock;
use gateway::cookies::Cookies;
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use curtail_tokens::{Claims, KeyRing, Purpose, SigningKey, Subject};

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed([7; 32]));
static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::of([&*KEY]));
static SIGNED: LazyLock<String> = LazyLock::new(|| {
    let claims = Claims {
        subject: Subject::User(7),
        session_id: Some(1),
        api_key_id: None,
        issued_at: NOW,
        expires_at: NOW + Duration::MINUTE,
        workspaces: Vec::new(),
        scopes: Vec::new(),
        platform_admin: false,
        token_id: "t".into(),
    };
    curtail_tokens::sign(&KEY, Purpose::Internal, &claims).expect("the claims are right")
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        believe_only_the_signed(text);
        // Most random texts are no token at all; these begin or end as one does.
        let half = SIGNED.len() / 2;
        believe_only_the_signed(&format!("{}{text}", &SIGNED[..half]));
        believe_only_the_signed(&format!("{text}{}", &SIGNED[half..]));
    }
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
        for insecure in [false, true] {
            let _ = Cookies::new(insecure, Clock::manual(NOW)).read(&headers).any();
        }
    }
});

fn believe_only_the_signed(token: &str) {
    for purpose in [Purpose::Access, Purpose::Internal, Purpose::Service] {
        let believed = curtail_tokens::verify(&RING, purpose, token, NOW).is_ok();
        assert!(!believed || (token == *SIGNED && purpose == Purpose::Internal), "{token}");
    }
}
