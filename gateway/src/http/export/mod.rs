//! `GET /v1/analytics/{report}`: clicks as CSV, for people with a spreadsheet and for programs.
//!
//! Totals, series and breakdowns are one question to analytics-svc, as over GraphQL. Raw clicks are sent page by page as they
//! come from there ([`clicks`]): an export of a million clicks takes no more memory than one of a thousand, and one that
//! breaks off ends the connection before the end of the body, so that nobody takes a part for the whole.

mod answer;
mod clicks;
mod params;
mod reports;
mod table;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method};

use self::params::Params;
use super::graphql::client;
use super::request_log::Seen;
use crate::app::App;
use crate::auth::{Authenticated, Credential, find};
use crate::error::{Code, Refusal};
use crate::rate::shared::{Allowance, Outcome, Standing, units};

/// What an export takes out of the caller's bucket, as the cost of an operation.
const COST: u64 = 500;

/// Answers with a file or a problem.
pub async fn export(State(app): State<App>, Path(report): Path<String>, request: Request) -> Response {
    let Some(seen) = request.extensions().get::<Arc<Seen>>().cloned() else {
        return answer::refused(&Refusal::new(Code::Internal, "something went wrong on our side"), "");
    };
    let deadline = seen.arrived + app.patience();
    let mut caller = Caller { app: app.clone(), seen: Arc::clone(&seen), standing: None };
    let (parts, _) = request.into_parts();
    let answered = tokio::time::timeout_at(deadline.into(), caller.answer(&report, &parts));
    let result =
        answered.await.unwrap_or_else(|_| Err(Refusal::new(Code::DeadlineExceeded, "the time for this was used up")));
    let mut response = result.unwrap_or_else(|refusal| answer::refused(&refusal, seen.id.as_str()));
    if let Some(standing) = caller.standing {
        standing.write(response.headers_mut());
    }
    response
}

/// Who exports, and what is seen of the request.
struct Caller {
    app: App,
    seen: Arc<Seen>,
    standing: Option<Standing>,
}

impl Caller {
    async fn answer(&mut self, report: &str, request: &Parts) -> Result<Response, Refusal> {
        if request.method != Method::GET {
            return Err(Refusal::new(Code::MethodNotAllowed, "use GET"));
        }
        let session = self.sign_in(&request.headers).await?;
        let params = Params::parse(request.uri.query().unwrap_or_default())?;
        let caller = session.authenticate().await?;
        self.take(&caller).await?;
        match report {
            "totals.csv" => reports::totals(&session, params).await,
            "series.csv" => reports::series(&session, params).await,
            "breakdown.csv" => reports::breakdown(&session, params).await,
            "clicks.csv" => clicks::clicks(session, params).await,
            _ => Err(Refusal::new(Code::NoSuchPath, "there is totals.csv, series.csv, breakdown.csv and clicks.csv")),
        }
    }

    async fn sign_in(&self, headers: &HeaderMap) -> Result<Session, Refusal> {
        let cookies = self.app.cookies.read(headers);
        let credential = find(headers, &cookies, self.app.origins.judge(headers))
            .map_err(|_| Refusal::new(Code::Unauthenticated, "Authorization or X-Api-Key is malformed"))?
            .ok_or_else(|| Refusal::new(Code::Unauthenticated, "sign in to export"))?;
        let client = client(headers, &self.seen, &cookies);
        Ok(Session { app: self.app.clone(), seen: Arc::clone(&self.seen), credential, client })
    }

    async fn take(&mut self, caller: &Authenticated) -> Result<(), Refusal> {
        let allowance = Allowance::of(&caller.principal, caller.rate_limit_per_minute, &self.app.plans);
        let (standing, result) = match self.app.buckets.take(&allowance, units(COST, 0)).await {
            Outcome::Pass(standing) => (standing, Ok(())),
            Outcome::Refuse(refusal, standing) => (standing, Err(refusal)),
        };
        self.standing = standing;
        result
    }
}

/// A credential for as long as an export takes: internal tokens live a minute, and a credential may be revoked meanwhile.
struct Session {
    app: App,
    seen: Arc<Seen>,
    credential: Credential,
    client: proto::auth::v1::Client,
}

impl Session {
    async fn authenticate(&self) -> Result<Authenticated, Refusal> {
        let call = self.call();
        self.app.authenticator.authenticate(&self.credential, &self.client, &call).await
    }

    /// A context with a new deadline.
    fn call(&self) -> rpc::CallContext {
        rpc::CallContext::new(std::time::Instant::now() + self.app.patience()).for_request(self.seen.id.clone())
    }

    /// A request in the name of the caller that may be made twice.
    async fn read<T>(&self, message: T) -> Result<tonic::Request<T>, Refusal> {
        let caller = self.authenticate().await?;
        Ok(self.call().on_behalf_of(caller.principal.internal_token).read().request(message))
    }

    /// The workspace that is asked for, or the caller's first.
    async fn workspace(&self, asked: Option<i64>) -> Result<i64, Refusal> {
        if let Some(asked) = asked {
            return Ok(asked);
        }
        let first = self.authenticate().await?.principal.workspaces.first().map(|membership| membership.id);
        first.ok_or_else(|| Refusal::new(Code::NotFound, "no workspace"))
    }
}

/// What analytics-svc said no to.
fn refusal(status: &tonic::Status) -> Refusal {
    Refusal::from(&rpc::Error::from_status(status))
}
