//! `GET|POST /graphql`: from the request to the answer, one step after the other. A step that refuses ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::Value;
use async_graphql::parser::types::OperationType;
use axum::extract::{Request, State};
use axum::response::Response;
use curtail_edge::RequestOrigin;
use curtail_graphql_http::{Body, MediaType, Operation, Params, is_json, json_response, negotiate, sse, ws};
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode, header};

use super::batch::Batch;
use super::errors::{Detail, ErrorSummary, present};
use super::operation::{self, detail};
use super::pipeline::{ClientMetadata, RequestPipeline};
use super::request_log::RequestRecord;
use super::response::{self, ResponseCode};
use super::size::read_body;
use super::{socket, status};
use crate::app::App;
use crate::auth::CredentialMonitor;
use crate::error::{Code, Refusal};
use crate::live::Owner;
use crate::request::RequestContext;

/// Answers a request, within the time it has.
pub async fn graphql(State(app): State<App>, request: Request) -> Response {
    let Some(record) = request.extensions().get::<Arc<RequestRecord>>().cloned() else {
        return response::refused(&Refusal::internal(), MediaType::Json, "");
    };
    if ws::is_requested(&request) {
        let accepted = socket::accept(&app, &record, request);
        return accepted.unwrap_or_else(|refusal| response::refused(&refusal, MediaType::Json, record.id.as_str()));
    }
    let Some(media) = negotiate(request.headers()) else {
        let refusal = Refusal::new(
            Code::NotAcceptable,
            "answers are application/graphql-response+json, application/json or text/event-stream",
        );
        return response::refused(&refusal, MediaType::Json, record.id.as_str());
    };
    let mut asked = GraphqlRequest { pipeline: RequestPipeline::begin(&app, record.clone()), media };
    let deadline = asked.pipeline.deadline;
    let result = tokio::time::timeout_at(deadline.into(), asked.run(request))
        .await
        .unwrap_or_else(|_| Err(Refusal::deadline_exceeded()));
    let mut response = result.unwrap_or_else(|refusal| response::refused(&refusal, media, record.id.as_str()));
    asked.pipeline.finish(&mut response);
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

    fn tokens(&self) -> u64 {
        match self {
            Self::One(operation) => operation::tokens(operation),
            Self::Batch(batch) => batch.tokens(),
        }
    }
}

/// One request on its way.
struct GraphqlRequest {
    pipeline: RequestPipeline,
    media: MediaType,
}

impl GraphqlRequest {
    async fn run(&mut self, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let (method, headers) = (&parts.method, &parts.headers);
        // What is refused by its form needs no body.
        let metadata = ClientMetadata::read(&self.pipeline.app, &self.pipeline.record, headers)?;
        check_form(method, headers)?;
        metadata.check_origin(method)?;
        if self.media == MediaType::EventStream {
            metadata.check_stream_origin()?;
        }
        let sent = match *method {
            Method::GET => Body::One(Params::from_query_string(parts.uri.query().unwrap_or_default())?),
            _ => {
                let settings = &self.pipeline.app.settings;
                Body::read(&read_body(headers, body, settings.max_body_bytes).await?, settings.max_batch)?
            }
        };

        let work = self.check(method, sent, metadata.credential.is_none())?;
        let caller = self.pipeline.authenticate(&metadata, work.only_credentials()).await?;
        let detail = detail(&self.pipeline.app, caller.is_some());
        if let Work::One(operation) = &work {
            operation::check_caller(operation, detail)?;
        }
        self.pipeline.take(caller.as_ref(), work.tokens()).await?;

        let context = self.pipeline.context(&metadata, caller.as_ref());
        let mut response = match work {
            Work::One(operation) if self.media == MediaType::EventStream => {
                let ClientMetadata { credential, client, .. } = metadata;
                let app = &self.pipeline.app;
                let monitor = credential.zip(caller).map(|(credential, known)| {
                    CredentialMonitor::start(&app.shared.authenticator, credential, client, known)
                });
                return self.follow(operation, &context, monitor, detail);
            }
            Work::One(operation) => self.execute(operation, &context, detail).await,
            Work::Batch(batch) => self.execute_batch(batch, &context, detail).await,
        };
        // A page of another origin cannot make its visitor's browser keep a session.
        if metadata.origin != RequestOrigin::Foreign
            && let Some(change) = context.take_session_change()
        {
            for cookie in self.pipeline.app.cookies.write(&change) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        if let Some(credential) = metadata.credential.filter(|_| context.memberships_changed()) {
            self.pipeline.app.shared.authenticator.forget(&credential);
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
                let batch = Batch::check(&self.pipeline.app, members, stranger)?;
                self.pipeline.record.note(|facts| (facts.kind, facts.cost) = ("batch", batch.cost()));
                Ok(Work::Batch(batch))
            }
        }
    }

    /// Checks the bounds, and whether it may come by this way.
    fn check_one(&self, method: &Method, params: Params, stranger: bool) -> Result<Operation, Refusal> {
        let operation = operation::check(&self.pipeline.app, params, stranger)?;
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
        self.pipeline.record.note(|facts| {
            facts.kind = operation.kind();
            facts.cost = plan.cost;
            facts.operation = operation.name.clone();
        });
        Ok(operation)
    }

    /// Answers that come one after the other, for as long as the credential is good.
    fn follow(
        &self,
        operation: Operation,
        context: &RequestContext,
        monitor: Option<CredentialMonitor>,
        detail: Detail,
    ) -> Result<Response, Refusal> {
        let mut permit = self.pipeline.app.shared.connections.acquire()?;
        permit.assign_owner(Owner::new(context.principal.as_ref(), self.pipeline.record.client))?;
        // Its line is written when it ends.
        self.pipeline.record.note(|facts| facts.followed = true);
        let app = &self.pipeline.app;
        let responses = operation::into_responses(operation, app, context, "event-stream", monitor, detail);
        let responses = responses.map(move |(response, _)| {
            // It counts as open until the last response is sent.
            let _held = &permit;
            response
        });
        let (keep_alive, shutdown) = (app.settings.live_keep_alive_ms, app.shared.shutdown.clone());
        let until = async move { shutdown.draining().await };
        Ok(sse::stream(responses, Duration::from_millis(keep_alive), until))
    }

    async fn execute(&self, operation: Operation, context: &RequestContext, detail: Detail) -> Response {
        let app = &self.pipeline.app;
        let counted = operation::count(&operation, app, context);
        self.pipeline.record.note(|facts| facts.counted = Some(counted));
        let request = operation::into_request(operation, app, context, detail);
        let started = Instant::now();
        let mut executed = app.schema.execute(request).await;
        self.note(started, context);
        let summary = present(&mut executed, self.pipeline.record.id.as_str(), detail);
        self.answer(&executed, &summary)
    }

    async fn execute_batch(&self, batch: Batch, context: &RequestContext, detail: Detail) -> Response {
        let started = Instant::now();
        let answers = batch.execute(&self.pipeline.app, context, detail).await;
        self.note(started, context);
        json_response(&answers, StatusCode::OK, self.media)
    }

    /// Notes what executing took.
    fn note(&self, started: Instant, context: &RequestContext) {
        self.pipeline.record.note(|facts| {
            facts.executed = started.elapsed();
            facts.rpcs = context.rpc_count();
        });
    }

    fn answer(&self, executed: &async_graphql::Response, summary: &ErrorSummary) -> Response {
        let mut response = if summary.not_executed {
            let status = status::of_refusal(Code::ValidationFailed, self.media);
            let errors = serde_json::json!({"errors": executed.errors});
            json_response(&errors, status, self.media)
        } else {
            json_response(executed, status::of_execution(has_data(&executed.data), &summary.codes), self.media)
        };
        if let Some(code) = summary.codes.first() {
            response.extensions_mut().insert(ResponseCode(*code));
        }
        let status = response.status();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, summary.retry_after.map_or(1, response::seconds).into());
        }
        response
    }
}

/// GET without a body, POST with JSON, nothing else. A GET that claims a content type is someone's way around a preflight.
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

/// Whether any root field has a value.
fn has_data(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().any(|value| *value != Value::Null),
        other => *other != Value::Null,
    }
}
