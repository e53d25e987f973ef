//! The way of a request to its caller: what it shows, where it comes from, who that is and what may be taken from the
//! bucket. GraphQL, REST and sockets go it alike.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::response::Response;
use curtail_edge::RequestOrigin;
use curtail_proto::auth::v1::Client;
use http::{HeaderMap, Method, header};

use super::request_log::RequestRecord;
use crate::app::App;
use crate::auth::{Authenticated, Credential, find};
use crate::cookies::RequestCookies;
use crate::error::{Code, Refusal};
use crate::rate::shared::{Allowance, Outcome, QuotaStatus};
use crate::request::RequestContext;

/// The longest `User-Agent` that is passed on, in bytes.
const LONGEST_USER_AGENT: usize = 512;

/// What a request shows of its sender.
pub struct ClientMetadata {
    /// The credential that counts.
    pub credential: Option<Credential>,
    /// Whose page made a browser send it.
    pub origin: RequestOrigin,
    /// What is passed on of the client.
    pub client: Client,
    cookies: RequestCookies,
}

impl ClientMetadata {
    /// Reads the headers.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when they name a credential in a form that is not taken.
    pub fn read(app: &App, record: &RequestRecord, headers: &HeaderMap) -> Result<Self, Refusal> {
        let cookies = app.cookies.read(headers);
        let origin = app.origins.classify(headers);
        let credential = find(headers, cookies.access.as_deref(), origin)
            .map_err(|_| Refusal::new(Code::Unauthenticated, "Authorization or X-Api-Key is malformed"))?;
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let client = Client {
            ip: record.client.to_string(),
            user_agent: agent.chars().take(LONGEST_USER_AGENT).collect(),
            device: cookies.device.clone().unwrap_or_default(),
        };
        Ok(Self { credential, origin, client, cookies })
    }

    /// Refuses what a page of another origin may have made a browser send. Who shows a credential in a header is no browser
    /// acting by itself, and reading changes nothing.
    ///
    /// # Errors
    /// `CROSS_SITE_REQUEST`.
    pub fn check_origin(&self, method: &Method) -> Result<(), Refusal> {
        let deliberate = matches!(self.credential, Some(Credential::AccessToken(_) | Credential::ApiKey(_)));
        if method.is_safe() || deliberate {
            return Ok(());
        }
        match self.origin {
            RequestOrigin::Ours => Ok(()),
            RequestOrigin::Unknown if !self.cookies.any() => Ok(()),
            RequestOrigin::Unknown => {
                Err(Refusal::new(Code::CrossSite, "cookies only count with Origin, Sec-Fetch-Site or X-Curtail-Csrf"))
            }
            RequestOrigin::Foreign => Err(Refusal::new(Code::CrossSite, "this origin may not send this")),
        }
    }

    /// Refuses event streams to pages of other origins: a GET needs no preflight, and a stream that opens keeps a connection.
    ///
    /// # Errors
    /// `CROSS_SITE_REQUEST`.
    pub fn check_stream_origin(&self) -> Result<(), Refusal> {
        let deliberate = matches!(self.credential, Some(Credential::AccessToken(_) | Credential::ApiKey(_)));
        if self.origin == RequestOrigin::Foreign && !deliberate {
            return Err(Refusal::new(Code::CrossSite, "this origin may not send this"));
        }
        Ok(())
    }

    /// The refresh token of the cookie, where cookies count.
    fn refresh(&self) -> Option<String> {
        self.cookies.refresh.clone().filter(|_| self.origin == RequestOrigin::Ours)
    }
}

/// One request on its way.
pub struct RequestPipeline {
    /// The gateway.
    pub app: App,
    /// The request.
    pub record: Arc<RequestRecord>,
    /// When the answer is due.
    pub deadline: Instant,
    /// What the caller's bucket holds, for the headers of whatever answer it becomes.
    quota: Option<QuotaStatus>,
    /// The access cookie is not good any more.
    drop_cookie: bool,
}

impl RequestPipeline {
    /// Begins with a request that was just record.
    pub fn begin(app: &App, record: Arc<RequestRecord>) -> Self {
        let deadline = record.arrived + app.request_timeout();
        Self { app: app.clone(), record, deadline, quota: None, drop_cookie: false }
    }

    /// Finds out who it is; `None` without a credential. `forgiving`: an access cookie that is not good any more does not stand
    /// in the way, for the browser sent it by itself.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the credential is not good, `UNAVAILABLE` and the like when auth-svc cannot be asked.
    pub async fn authenticate(
        &mut self,
        metadata: &ClientMetadata,
        forgiving: bool,
    ) -> Result<Option<Authenticated>, Refusal> {
        let kind = match metadata.credential {
            None => "anonymous",
            Some(Credential::AccessToken(_)) => "session",
            Some(Credential::Cookie(_)) => "cookie",
            Some(Credential::ApiKey(_)) => "api-key",
        };
        self.record.note(|facts| facts.caller = kind);
        let Some(credential) = &metadata.credential else { return Ok(None) };
        let call = curtail_rpc::CallContext::new(self.deadline).for_request(self.record.id.clone());
        match self.app.shared.authenticator.authenticate(credential, &metadata.client, &call).await {
            Ok(caller) => Ok(Some(caller)),
            Err(refusal) if refusal.code == Code::Unauthenticated && matches!(credential, Credential::Cookie(_)) => {
                self.drop_cookie = true;
                if forgiving { Ok(None) } else { Err(refusal) }
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Takes `tokens` from the caller's bucket.
    ///
    /// # Errors
    /// `RATE_LIMITED` when it holds less; `UNAVAILABLE` when Redis is unavailable and the limiter is closed.
    pub async fn take(&mut self, caller: Option<&Authenticated>, tokens: u64) -> Result<(), Refusal> {
        let (quota, result) = match charge(&self.app, caller, self.record.client, tokens).await {
            Outcome::Pass(quota) => (quota, Ok(())),
            Outcome::Refuse(refusal, quota) => (quota, Err(refusal)),
        };
        self.quota = quota;
        result
    }

    /// What its calls of services carry.
    pub fn context(&self, metadata: &ClientMetadata, caller: Option<&Authenticated>) -> RequestContext {
        let principal = caller.map(|caller| caller.principal.clone());
        let mut call = curtail_rpc::CallContext::new(self.deadline).for_request(self.record.id.clone());
        if let Some(principal) = &principal {
            call = call.on_behalf_of(principal.internal_token.clone());
        }
        RequestContext::new(principal, metadata.client.clone(), call, metadata.refresh())
    }

    /// Writes what every answer of a caller carries, also a refusal.
    pub fn finish(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(quota) = &self.quota {
            quota.write(headers);
        }
        if self.drop_cookie
            && !headers.contains_key(header::SET_COOKIE)
            && let Some(cookie) = self.app.cookies.drop_access()
        {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// Takes `tokens` from the bucket of `caller`, or of the address of an anonymous caller.
pub async fn charge(app: &App, caller: Option<&Authenticated>, address: IpAddr, tokens: u64) -> Outcome {
    let allowance = match caller {
        Some(caller) => Allowance::new(&caller.principal, caller.rate_limit_per_minute, &app.plans),
        None => Allowance::anonymous(address, app.settings.anonymous_per_minute),
    };
    app.buckets.take(&allowance, tokens).await
}
