//! Makes tokens that [`curtail_tokens::sign`] would not make.

use curtail_tokens::{Claims, KeyRing, Membership, Plan, Purpose, Role, SigningKey, Subject};
use pasetors::{
    keys::AsymmetricSecretKey,
    version4::{PublicToken, V4},
};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

/// When all of this happens.
pub const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// The key in the ring.
pub fn key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

/// The ring that tokens are verified with.
pub fn ring() -> KeyRing {
    KeyRing::of([&key()])
}

/// A user who is good for a minute.
pub fn claims() -> Claims {
    Claims {
        subject: Subject::User(7),
        session_id: Some(70),
        api_key_id: None,
        issued_at: NOW,
        expires_at: NOW + Duration::MINUTE,
        workspaces: vec![Membership { id: 10, role: Role::Editor, plan: Plan::Pro }],
        scopes: Vec::new(),
        platform_admin: false,
        token_id: "t-1".into(),
    }
}

/// A good internal token.
pub fn token() -> String {
    curtail_tokens::sign(&key(), Purpose::Internal, &claims()).unwrap()
}

/// The parts of a token, to be changed before signing.
pub struct Forgery {
    /// Who signs.
    pub key: SigningKey,
    /// The footer as it is.
    pub footer: String,
    /// The implicit assertion.
    pub assertion: Option<&'static str>,
    claims: Map<String, Value>,
}

impl Forgery {
    /// What signs to an internal token that is accepted.
    pub fn of_a_good_token() -> Self {
        let claims = json!({
            "iss": "curtail", "aud": "services", "sub": "u:7", "jti": "t-1",
            "iat": "2026-01-01T00:00:00Z", "nbf": "2026-01-01T00:00:00Z", "exp": "2026-01-01T00:01:00Z",
        });
        let Value::Object(claims) = claims else { unreachable!("an object was written") };
        let footer = json!({ "kid": key().key_id() }).to_string();
        Self { key: key(), footer, assertion: Some("curtail/internal"), claims }
    }

    /// Sets a claim.
    pub fn set(&mut self, name: &str, value: Value) {
        self.claims.insert(name.into(), value);
    }

    /// Removes a claim.
    pub fn remove(&mut self, name: &str) {
        self.claims.remove(name);
    }

    /// The claims as JSON.
    pub fn payload(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// The token.
    pub fn sign(&self) -> String {
        sign(&self.key, &self.payload(), &self.footer, self.assertion)
    }
}

/// An internal token around any payload.
pub fn raw(payload: &str) -> String {
    let forgery = Forgery::of_a_good_token();
    // An empty payload cannot even be signed; a space is as little of an object.
    let payload = if payload.is_empty() { " " } else { payload };
    sign(&forgery.key, payload, &forgery.footer, forgery.assertion)
}

fn sign(key: &SigningKey, payload: &str, footer: &str, assertion: Option<&str>) -> String {
    let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(key.seed()));
    let secret = AsymmetricSecretKey::<V4>::from(pair.sk.as_ref()).unwrap();
    PublicToken::sign(&secret, payload.as_bytes(), Some(footer.as_bytes()), assertion.map(str::as_bytes)).unwrap()
}
