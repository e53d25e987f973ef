//! From a request to the handler of its operation and back.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use http::request::Parts;

use super::endpoint::{Answer as _, Body as _, Call, Endpoint, Headers as _, Input, Query as _};
use super::problem::Problem;
use super::query;
use crate::app::App;
use crate::error::{Code, Refusal};
use crate::http::pipeline::{ClientMetadata, RequestPipeline};
use crate::http::request_log::RequestRecord;
use crate::rate::shared::tokens;

/// Adds an operation.
pub fn add<E: Endpoint>(router: Router<App>) -> Router<App> {
    router.route(E::OPERATION.path, route::<E>())
}

/// Says that there is such a path, but not with this method. The router adds `Allow`.
pub async fn no_such_method() -> Refusal {
    Refusal::new(Code::MethodNotAllowed, "this path does not take this method")
}

fn route<E: Endpoint>() -> MethodRouter<App> {
    let filter = match E::OPERATION.method {
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        // Also answers HEAD.
        _ => MethodFilter::GET,
    };
    on(filter, handle::<E>)
}

/// Answers a request, within the time it has.
async fn handle<E: Endpoint>(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let Some(record) = request.extensions().get::<Arc<RequestRecord>>().cloned() else {
        return Problem::from(Refusal::internal()).answer("", &path);
    };
    let mut pipeline = RequestPipeline::begin(&app, record.clone());
    let deadline = pipeline.deadline;
    let result = tokio::time::timeout_at(deadline.into(), run::<E>(&mut pipeline, request)).await;
    let mut response = result
        .unwrap_or_else(|_| Err(Refusal::deadline_exceeded().into()))
        .unwrap_or_else(|problem| problem.answer(record.id.as_str(), &path));
    pipeline.finish(&mut response);
    response
}

async fn run<E: Endpoint>(pipeline: &mut RequestPipeline, request: Request) -> Result<Response, Problem> {
    pipeline.record.note(|facts| {
        facts.kind = "rest";
        facts.operation = Some(E::OPERATION.id.to_owned());
    });
    let (mut parts, body) = request.into_parts();
    let metadata = ClientMetadata::read(&pipeline.app, &pipeline.record, &parts.headers)?;
    metadata.check_origin(&parts.method)?;
    if metadata.credential.is_none() && !E::OPERATION.public {
        return Err(Problem::new(Code::Unauthenticated, "sign in, or send an API key"));
    }
    let caller = pipeline.authenticate(&metadata, E::OPERATION.public).await?;
    let input = read::<E>(&mut parts, body, pipeline.app.settings.max_body_bytes).await;
    // What is malformed is paid for too.
    let cost = input.as_ref().map_or(E::OPERATION.cost, E::cost);
    pipeline.record.note(|facts| facts.cost = cost);
    pipeline.take(caller.as_ref(), tokens(cost, 0)).await?;
    let input = input?;

    let context = pipeline.context(&metadata, caller.as_ref());
    let call = Call { app: pipeline.app.clone(), context, credential: metadata.credential, uri: parts.uri };
    let started = Instant::now();
    let result = E::call(&call, input).await;
    pipeline.record.note(|facts| {
        facts.executed = started.elapsed();
        facts.rpcs = call.context.rpc_count();
    });
    result.map(|answer| answer.into_response()).map_err(|problem| problem.about(&E::Query::parameters()))
}

async fn read<E: Endpoint>(parts: &mut Parts, body: axum::body::Body, limit: usize) -> Result<Input<E>, Problem> {
    let path = Path::<E::Path>::from_request_parts(parts, &()).await;
    // A segment that is no UTF-8 names nothing.
    let Path(path) = path.map_err(|_| Problem::new(Code::NotFound, "there is no such thing"))?;
    Ok(Input {
        path,
        query: query::read(parts.uri.query().unwrap_or_default())?,
        headers: E::Headers::read(&parts.headers)?,
        body: E::Body::read(&parts.headers, body, limit).await?,
    })
}
