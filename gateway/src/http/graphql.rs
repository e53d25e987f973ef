//! `GET|POST /graphql`: from the request to the answer, one step after the other. A step that refuses ends it.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Value;
use async_graphql::parser::types::OperationType;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use proto::auth::v1::Client;

use super::accept::{MediaType, negotiate};
use super::answer::{self, AnsweredWith};
use super::batch::Batch;
use super::cookies::Brought;
use super::mask::{Detail, Masked, mask};
use super::operation::{Operation, detail, take};
use super::origin::Provenance;
use super::params::{Body, Params, is_json};
use super::request_log::Seen;
use super::size::read_body;
use super::{sse, status, ws};
use crate::app::App;
use crate::auth::{Authenticated, Credential, find};
use crate::error::{Code, Refusal};
use crate::live::{Owner, Vigil};
use crate::rate::shared::{Outcome, Standing};
use crate::request::RequestContext;

/// The longest `User-Agent` that is passed on, in bytes.
const LONGEST_USER_AGENT: usize = 512;

/// Answers a request, within the time it has.
pub async fn graphql(State(app): State<App>, request: Request) -> Response {
    let Some(seen) = request.extensions().get::<Arc<Seen>>().cloned() else {
        let refusal = Refusal::new(Code::Internal, "something went wrong on our side");
        return answer::refused(&refusal, MediaType::Json, "");
    };
    if ws::is_asked(&request) {
        let accepted = ws::accept(&app, &seen, request);
        return accepted.unwrap_or_else(|refusal| answer::refused(&refusal, MediaType::Json, seen.id.as_str()));
    }
    let deadline = seen.arrived + app.patience();
    let Some(media) = negotiate(request.headers()) else {
        let refusal = Refusal::new(
            Code::NotAcceptable,
            "answers are application/graphql-response+json, application/json or text/event-stream",
        );
        return answer::refused(&refusal, MediaType::Json, seen.id.as_str());
    };
    let mut exchange = Exchange { app: &app, seen: &seen, media, deadline, standing: None, drop_cookie: false };
    let result = match tokio::time::timeout_at(deadline.into(), exchange.run(request)).await {
        Ok(result) => result,
        Err(_) => Err(Refusal::new(Code::DeadlineExceeded, "the time for this request was used up")),
    };
    let mut response = result.unwrap_or_else(|refusal| answer::refused(&refusal, media, seen.id.as_str()));
    exchange.finish(&mut response);
    response
}

/// What is to be executed.
enum Work {
    One(Operation),
    Batch(Batch),
}

impl Work {
    /// Whether there is nothing but mutations that take a credential, so that an outdated cookie must not stand in the way.
    fn only_credentials(&self) -> bool {
        match self {
            Self::One(operation) => operation.plan.only_credentials,
            Self::Batch(batch) => batch.only_credentials(),
        }
    }

    fn units(&self) -> u64 {
        match self {
            Self::One(operation) => operation.units(),
            Self::Batch(batch) => batch.units(),
        }
    }
}

/// One request on its way.
struct Exchange<'a> {
    app: &'a App,
    seen: &'a Seen,
    media: MediaType,
    deadline: Instant,
    /// What the caller's bucket holds, for the headers of whatever answer it becomes.
    standing: Option<Standing>,
    /// The access cookie is not good any more.
    drop_cookie: bool,
}

impl Exchange<'_> {
    async fn run(&mut self, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let (method, headers) = (&parts.method, &parts.headers);
        let cookies = self.app.cookies.read(headers);
        let provenance = self.app.origins.judge(headers);
        // What is refused by its form needs no body.
        let credential = find(headers, &cookies, provenance)
            .map_err(|_| Refusal::new(Code::Unauthenticated, "Authorization or X-Api-Key is malformed"))?;
        check_form(method, headers)?;
        check_provenance(method, provenance, credential.as_ref(), &cookies)?;
        let sent = match *method {
            Method::GET => Body::One(Params::from_query_string(parts.uri.query().unwrap_or_default())?),
            _ => {
                let body = read_body(headers, body, self.app.settings.max_body_bytes).await?;
                Body::read(&body, self.app.settings.max_batch)?
            }
        };

        let work = self.check(method, sent, credential.is_none())?;
        let client = client(headers, self.seen, &cookies);
        let caller = self.authenticate(credential.as_ref(), &client, work.only_credentials()).await?;
        let detail = detail(self.app, caller.is_some());
        if let Work::One(operation) = &work {
            operation.check_introspection(detail)?;
        }
        self.take(caller.as_ref(), work.units()).await?;

        let principal = caller.as_ref().map(|caller| caller.principal.clone());
        let mut call = rpc::CallContext::new(self.deadline).for_request(self.seen.id.clone());
        if let Some(principal) = &principal {
            call = call.on_behalf_of(principal.internal_token.clone());
        }
        let refresh = cookies.refresh.filter(|_| provenance == Provenance::Ours);
        let context = RequestContext::new(principal, client.clone(), call, refresh);
        let mut response = match work {
            Work::One(operation) if self.media == MediaType::EventStream => {
                let vigil =
                    credential.zip(caller).map(|(credential, known)| Vigil::keep(self.app, credential, client, known));
                return self.follow(operation, &context, vigil, detail);
            }
            Work::One(operation) => self.execute(operation, &context, detail).await,
            Work::Batch(batch) => {
                let started = Instant::now();
                let answers = batch.execute(self.app, &context, detail).await;
                self.note(started, &context);
                answer::json(&answers, StatusCode::OK, self.media)
            }
        };
        // A page of another origin can not make its visitor's browser keep a session.
        if provenance != Provenance::Foreign
            && let Some(change) = context.take_session_change()
        {
            for cookie in self.app.cookies.write(&change) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        if let Some(credential) = credential.filter(|_| context.memberships_changed()) {
            self.app.authenticator.forget(&credential);
        }
        Ok(response)
    }

    /// Checks what was sent.
    fn check(&self, method: &Method, sent: Body, stranger: bool) -> Result<Work, Refusal> {
        match sent {
            Body::One(params) => self.check_one(method, params, stranger).map(Work::One),
            Body::Batch(_) if self.media == MediaType::EventStream => {
                Err(Refusal::new(Code::NotAcceptable, "batches are answered as JSON"))
            }
            Body::Batch(members) => {
                let batch = Batch::check(self.app, members, stranger)?;
                self.seen.note(|facts| (facts.kind, facts.cost) = ("batch", batch.cost()));
                Ok(Work::Batch(batch))
            }
        }
    }

    /// Checks the bounds, and whether it may come by this way.
    fn check_one(&self, method: &Method, params: Params, stranger: bool) -> Result<Operation, Refusal> {
        let operation = Operation::check(self.app, params, stranger)?;
        let plan = &operation.plan;
        match (plan.kind, self.media) {
            (OperationType::Subscription, MediaType::EventStream) => {}
            (OperationType::Subscription, _) => {
                let message = "subscriptions come by WebSocket, or with Accept: text/event-stream";
                return Err(Refusal::new(Code::ValidationFailed, message));
            }
            (OperationType::Mutation, MediaType::EventStream) => {
                return Err(Refusal::new(Code::NotAcceptable, "mutations are answered as JSON"));
            }
            (OperationType::Mutation, _) if *method == Method::GET => {
                return Err(Refusal::new(Code::MethodNotAllowed, "only queries may be sent by GET"));
            }
            _ => {}
        }
        self.seen.note(|facts| {
            facts.kind = operation.kind();
            facts.cost = plan.cost;
            facts.operation = operation.name.clone();
        });
        Ok(operation)
    }

    async fn authenticate(
        &mut self,
        credential: Option<&Credential>,
        client: &Client,
        only_credentials: bool,
    ) -> Result<Option<Authenticated>, Refusal> {
        let kind = match credential {
            None => "anonymous",
            Some(Credential::AccessToken(_)) => "session",
            Some(Credential::Cookie(_)) => "cookie",
            Some(Credential::ApiKey(_)) => "api-key",
        };
        self.seen.note(|facts| facts.caller = kind);
        let Some(credential) = credential else { return Ok(None) };
        let call = rpc::CallContext::new(self.deadline).for_request(self.seen.id.clone());
        match self.app.authenticator.authenticate(credential, client, &call).await {
            Ok(caller) => Ok(Some(caller)),
            Err(refusal) if refusal.code == Code::Unauthenticated && matches!(credential, Credential::Cookie(_)) => {
                self.drop_cookie = true;
                // The browser sent it by itself: it must not keep its owner from signing in again.
                if only_credentials { Ok(None) } else { Err(refusal) }
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Takes `units` out of the caller's bucket.
    async fn take(&mut self, caller: Option<&Authenticated>, units: u64) -> Result<(), Refusal> {
        match take(self.app, caller, self.seen.client, units).await {
            Outcome::Pass(standing) => {
                self.standing = standing;
                Ok(())
            }
            Outcome::Refuse(refusal, standing) => {
                self.standing = standing;
                Err(refusal)
            }
        }
    }

    /// Answers that come one after the other, for as long as the credential is good.
    fn follow(
        &self,
        operation: Operation,
        context: &RequestContext,
        vigil: Option<Vigil>,
        detail: Detail,
    ) -> Result<Response, Refusal> {
        let mut place = self.app.places.take()?;
        place.belongs_to(Owner::of(context.principal.as_ref(), self.seen.client))?;
        // Its line is written when it ends.
        self.seen.note(|facts| facts.followed = true);
        Ok(sse::answer(self.app, operation.into_answers(self.app, context, "event-stream", vigil, detail), place))
    }

    async fn execute(&self, operation: Operation, context: &RequestContext, detail: Detail) -> Response {
        let counted = operation.count(self.app, context);
        self.seen.note(|facts| facts.counted = Some(counted));
        let request = operation.into_request(self.app, context, detail);
        let started = Instant::now();
        let mut executed = self.app.schema.execute(request).await;
        self.note(started, context);
        let masked = mask(&mut executed, self.seen.id.as_str(), detail);
        self.answer(&executed, &masked)
    }

    /// Notes what executing took.
    fn note(&self, started: Instant, context: &RequestContext) {
        self.seen.note(|facts| {
            facts.executed = started.elapsed();
            facts.rpcs = context.rpc_count();
        });
    }

    fn answer(&self, executed: &async_graphql::Response, masked: &Masked) -> Response {
        let mut response = if masked.not_executed {
            let status = status::of_refusal(Code::ValidationFailed, self.media);
            let errors = serde_json::json!({"errors": executed.errors});
            answer::json(&errors, status, self.media)
        } else {
            answer::json(executed, status::of_execution(has_data(&executed.data), &masked.codes), self.media)
        };
        if let Some(code) = masked.codes.first() {
            response.extensions_mut().insert(AnsweredWith(*code));
        }
        let status = response.status();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, masked.retry_after.unwrap_or(1).max(1).into());
        }
        response
    }

    /// What every answer of a caller carries, also a refusal.
    fn finish(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(standing) = &self.standing {
            standing.write(headers);
        }
        if self.drop_cookie
            && !headers.contains_key(header::SET_COOKIE)
            && let Some(cookie) = self.app.cookies.drop_access()
        {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// GET without a body, POST with JSON, nothing else. A GET that claims a content type is somebody's way around a preflight.
fn check_form(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    match *method {
        Method::GET if !headers.contains_key(header::CONTENT_TYPE) || is_json(headers) => Ok(()),
        Method::POST if is_json(headers) => Ok(()),
        Method::GET | Method::POST => {
            Err(Refusal::new(Code::UnsupportedMediaType, "the body must be application/json in UTF-8"))
        }
        _ => Err(Refusal::new(Code::MethodNotAllowed, "use GET or POST")),
    }
}

/// Refuses what a page of another origin may have made a browser send. Who shows a credential in a header is no browser
/// acting by itself.
fn check_provenance(
    method: &Method,
    provenance: Provenance,
    credential: Option<&Credential>,
    cookies: &Brought,
) -> Result<(), Refusal> {
    let deliberate = matches!(credential, Some(Credential::AccessToken(_) | Credential::ApiKey(_)));
    if *method != Method::POST || deliberate {
        return Ok(());
    }
    match provenance {
        Provenance::Ours => Ok(()),
        Provenance::Unknown if !cookies.any() => Ok(()),
        Provenance::Unknown => {
            Err(Refusal::new(Code::CrossSite, "cookies only count with Origin, Sec-Fetch-Site or X-Curtail-Csrf"))
        }
        Provenance::Foreign => Err(Refusal::new(Code::CrossSite, "this origin may not send this")),
    }
}

/// What is seen of a client.
pub fn client(headers: &HeaderMap, seen: &Seen, cookies: &Brought) -> Client {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Client {
        ip: seen.client.to_string(),
        user_agent: agent.chars().take(LONGEST_USER_AGENT).collect(),
        device: cookies.device.clone().unwrap_or_default(),
    }
}

/// Whether any root field has a value.
fn has_data(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().any(|value| *value != Value::Null),
        other => *other != Value::Null,
    }
}
