//! Verifies credentials and trades them for internal tokens.

use std::future::Future;
use std::sync::Arc;

use curtail_clock::Clock;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::auth::v1::{Client, ExchangeRequest, ExchangeResponse, exchange_request::Credential as Wire};
use curtail_tokens::{Claims, KeyRing, Purpose, Subject, TokenError};
use quick_cache::sync::Cache;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

use super::{Credential, Principal, Revocations};
use crate::error::{Code, Refusal};

/// Internal tokens kept at the same time.
const KEPT: usize = 50_000;
/// An internal token is replaced when less than this is left of it, so that it outlives the calls it is used for.
const RENEW_BEFORE: Duration = Duration::seconds(10);

/// A verified caller.
#[derive(Clone)]
pub struct Authenticated {
    /// Who calls.
    pub principal: Principal,
    /// Requests per minute of the API key; 0 means the plan's.
    pub rate_limit_per_minute: u32,
    /// The claims of the internal token.
    claims: Arc<Claims>,
    /// The end of the internal token with some time to spare, or of the credential if that is sooner.
    usable_until: OffsetDateTime,
    /// The keys that verified the credential.
    ring: Arc<KeyRing>,
}

/// Trades credentials. Each is exchanged once in the life of an internal token, however many requests bring it at once.
pub struct Authenticator {
    keys: Arc<curtail_rpc::KeyRingCache>,
    auth: AuthServiceClient<curtail_rpc::Channel>,
    revocations: Arc<Revocations>,
    clock: Clock,
    /// By the SHA-256 of the credential, so that no memory dump of the cache holds one.
    exchanged: Cache<[u8; 32], Authenticated>,
}

impl Authenticator {
    /// Verifies with `keys` and exchanges at `auth`.
    pub fn new(
        keys: Arc<curtail_rpc::KeyRingCache>,
        auth: AuthServiceClient<curtail_rpc::Channel>,
        revocations: Arc<Revocations>,
        clock: Clock,
    ) -> Self {
        Self { keys, auth, revocations, clock, exchanged: Cache::new(KEPT) }
    }

    /// Asks auth-svc for the keys that verify tokens, before a token of a new one comes.
    pub async fn refresh_keys(&self) {
        self.keys.refresh().await;
    }

    /// The caller that `credential` stands for. `call` is used without authorization: the exchange is ours to ask.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is wrong, expired or revoked; `UNAVAILABLE` and the like when auth-svc cannot be asked.
    pub async fn authenticate(
        &self,
        credential: &Credential,
        client: &Client,
        call: &curtail_rpc::CallContext,
    ) -> Result<Authenticated, Refusal> {
        let digest = credential.digest();
        if let Some(known) = self.exchanged.get(&digest) {
            if self.still_good(&known) {
                return Ok(known);
            }
            self.exchanged.remove(&digest);
        }
        let expires_at = match credential {
            Credential::AccessToken(token) | Credential::Cookie(token) => Some(self.verify_access(token).await?),
            Credential::ApiKey(_) => None,
        };
        // To exchange a credential twice does no more than to do it once.
        let exchange = self.exchange(credential, expires_at, client.clone(), call.read());
        let found = self.exchanged.get_or_insert_async(&digest, exchange).await?;
        // Revoked while the exchange was under way: the answer may be older than the event that was just read.
        if self.revocations.hit(&found.claims) {
            self.exchanged.remove(&digest);
            return Err(refused());
        }
        Ok(found)
    }

    /// Has the credential exchanged again by the next request: what its owner may do has just changed through this gateway.
    pub fn forget(&self, credential: &Credential) {
        self.exchanged.remove(&credential.digest());
    }

    /// How long what is known of a caller may be used before it has to be asked for again.
    pub fn time_left(&self, known: &Authenticated) -> std::time::Duration {
        (known.usable_until - self.clock.now()).try_into().unwrap_or_default()
    }

    /// Changes whenever something is revoked.
    pub fn revocations(&self) -> watch::Receiver<()> {
        self.revocations.watch()
    }

    /// Whether what is remembered of a credential holds: a signature costs as much as the rest of an authentication, so it is
    /// verified once for each exchange and again when the keys have changed.
    fn still_good(&self, known: &Authenticated) -> bool {
        known.usable_until > self.clock.now()
            && Arc::ptr_eq(&known.ring, &self.keys.ring())
            && !self.revocations.hit(&known.claims)
            && !self.revocations.is_outdated(&known.claims)
    }

    /// The end of an access token. Spares auth-svc what is not a token of ours; revoked sessions are refused here.
    async fn verify_access(&self, token: &str) -> Result<OffsetDateTime, Refusal> {
        let claims = self.verify(Purpose::Access, token).await.map_err(|_| refused())?;
        if self.revocations.hit(&claims) { Err(refused()) } else { Ok(claims.expires_at) }
    }

    /// Looks again when the key is not known: keys rotate.
    async fn verify(&self, purpose: Purpose, token: &str) -> Result<Claims, TokenError> {
        match curtail_tokens::verify(&self.keys.ring(), purpose, token, self.clock.now()) {
            Err(TokenError::UnknownKey) => {
                self.keys.refresh().await;
                curtail_tokens::verify(&self.keys.ring(), purpose, token, self.clock.now())
            }
            result => result,
        }
    }

    fn exchange(
        &self,
        credential: &Credential,
        expires_at: Option<OffsetDateTime>,
        client: Client,
        call: curtail_rpc::CallContext,
    ) -> impl Future<Output = Result<Authenticated, Refusal>> {
        let wire = match credential {
            Credential::AccessToken(token) | Credential::Cookie(token) => Wire::AccessToken(token.clone()),
            Credential::ApiKey(key) => Wire::ApiKey(key.clone()),
        };
        let request = call.request(ExchangeRequest { credential: Some(wire), client: Some(client) });
        async move {
            let answer = self.auth.clone().exchange(request).await.map_err(|status| {
                let error = curtail_rpc::Error::from_status(&status);
                if error.code == curtail_rpc::Code::Unauthenticated { refused() } else { Refusal::from(&error) }
            })?;
            self.accept(answer.into_inner(), expires_at).await
        }
    }

    /// `expires_at`: the end of the credential, if it has one.
    async fn accept(
        &self,
        answer: ExchangeResponse,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<Authenticated, Refusal> {
        let ring = self.keys.ring();
        let claims = self.verify(Purpose::Internal, &answer.internal_token).await.map_err(|error| {
            tracing::error!(%error, "auth-svc sent an internal token that does not verify");
            Refusal::new(Code::Internal, "something went wrong on our side")
        })?;
        let Subject::User(user_id) = claims.subject else { return Err(refused()) };
        let life = claims.expires_at - claims.issued_at;
        let principal = Principal {
            user_id,
            session_id: claims.session_id,
            api_key_id: claims.api_key_id,
            internal_token: answer.internal_token.into(),
            workspaces: claims.workspaces.as_slice().into(),
            scopes: claims.scopes.as_slice().into(),
            platform_admin: claims.platform_admin,
        };
        // A very short life is used to four fifths.
        let renew_at = claims.expires_at - RENEW_BEFORE.min(life / 5);
        let usable_until = expires_at.map_or(renew_at, |expires_at| renew_at.min(expires_at));
        let rate_limit_per_minute = answer.rate_limit_per_minute;
        Ok(Authenticated { principal, rate_limit_per_minute, claims: Arc::new(claims), usable_until, ring })
    }
}

/// Says the same for every reason, so that no one learns which guess came close.
pub(super) fn refused() -> Refusal {
    Refusal::new(Code::Unauthenticated, "the credential is not valid, or not any more")
}
