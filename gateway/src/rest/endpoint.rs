//! What an operation is made of: its input in four parts, its answer, and what it does in between.
//!
//! Each part is a type that knows how it is read (or written) and how the OpenAPI document describes it, so the document says
//! what the code does.

use std::future::Future;

use axum::body::Body as HttpBody;
use axum::response::Response;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use http::{HeaderMap, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::request_body::RequestBody;

use super::openapi::{Schemas, Success};
use super::operation::Operation;
use super::problem::Problem;
use crate::app::App;
use crate::auth::Credential;
use crate::error::{Code, Refusal};
use crate::request::RequestContext;
use crate::schema::scalars::parse_id;

/// An operation with its handler.
pub trait Endpoint: Send + Sync + 'static {
    /// Its name, place and cost.
    const OPERATION: Operation;
    /// The variable segments of the path.
    type Path: DeserializeOwned + IntoParams + Send;
    /// The parameters of the query string.
    type Query: Query + Send;
    /// The headers that matter to it.
    type Headers: Headers + Send;
    /// The body.
    type Body: Body + Send;
    /// What it answers.
    type Answer: Answer;

    /// What it costs with this input.
    fn cost(input: &Input<Self>) -> u64 {
        let _ = input;
        Self::OPERATION.cost
    }

    /// Does it.
    fn call(call: &Call, input: Input<Self>) -> impl Future<Output = Result<Self::Answer, Problem>> + Send;
}

/// What a request says.
pub struct Input<E: Endpoint + ?Sized> {
    /// See [`Endpoint::Path`].
    pub path: E::Path,
    /// See [`Endpoint::Query`].
    pub query: E::Query,
    /// See [`Endpoint::Headers`].
    pub headers: E::Headers,
    /// See [`Endpoint::Body`].
    pub body: E::Body,
}

/// Who asks, and what is there to answer with.
pub struct Call {
    /// The gateway.
    pub app: App,
    /// The caller and what calls of services carry.
    pub context: RequestContext,
    /// What the caller showed; only long answers need it again.
    pub credential: Option<Credential>,
    /// What was asked for.
    pub uri: Uri,
}

impl Call {
    /// A client of shortener-svc.
    pub fn links(&self) -> LinkServiceClient<curtail_rpc::Channel> {
        self.app.shared.upstreams.links.clone()
    }

    /// The workspace that was asked for or else the caller's first.
    ///
    /// # Errors
    /// `NOT_FOUND` for an account without a workspace.
    pub fn workspace(&self, asked: Option<i64>) -> Result<i64, Problem> {
        Ok(self.context.workspace(asked)?)
    }
}

/// Parameters of the query string.
pub trait Query: Sized {
    /// Reads them; names that are not theirs are left to others.
    ///
    /// # Errors
    /// `BAD_REQUEST` naming the parameter that is missing or malformed.
    fn read(query: &str) -> Result<Self, Problem>;
    /// How the document describes them.
    fn parameters() -> Vec<Parameter>;
}

/// Headers that an operation looks at.
pub trait Headers: Sized {
    /// Reads them.
    ///
    /// # Errors
    /// `BAD_REQUEST` or `INVALID` naming the header.
    fn read(headers: &HeaderMap) -> Result<Self, Problem>;
    /// How the document describes them.
    fn parameters() -> Vec<Parameter>;
}

/// The body of a request.
pub trait Body: Sized {
    /// Reads at most `limit` bytes.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`, or `BAD_REQUEST` naming the field that is wrong.
    fn read(headers: &HeaderMap, body: HttpBody, limit: usize) -> impl Future<Output = Result<Self, Problem>> + Send;
    /// How the document describes it, if there is a body.
    fn describe(schemas: &mut Schemas) -> Option<RequestBody>;
}

/// An answer.
pub trait Answer {
    /// Writes it.
    fn into_response(self) -> Response;
    /// How the document describes it: the ways in which the operation succeeds.
    fn describe(schemas: &mut Schemas) -> Vec<Success>;
}

/// No variable segment, parameter, header or body.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoParams {}

impl Headers for NoParams {
    fn read(_: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {})
    }

    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
}

impl Body for NoParams {
    async fn read(_: &HeaderMap, _: HttpBody, _: usize) -> Result<Self, Problem> {
        Ok(Self {})
    }

    fn describe(_: &mut Schemas) -> Option<RequestBody> {
        None
    }
}

/// The id of a path.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Id {
    /// As it was answered when the thing was made.
    pub id: String,
}

impl Id {
    /// As the services know it.
    pub fn number(&self) -> i64 {
        parse_id(&self.id)
    }
}

/// The workspace of an operation.
#[derive(Debug, Deserialize, IntoParams)]
pub struct InWorkspace {
    /// The workspace; without it, the caller's first one, which is the personal one of an account and the only one of an API key.
    #[param(value_type = Option<String>)]
    pub workspace: Option<i64>,
}

/// The value that a service must send and did not.
pub fn present<T>(value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Refusal::new(Code::Internal, "something went wrong on our side").into())
}
