//! GraphQL over HTTP for async-graphql: the transport, and bounds that hold before anything is executed.
//!
//! | module | what it does |
//! |---|---|
//! | [`InputTypes`] | coercion of variables, checks of literals |
//! | [`limits`] | bounds and cost of a document, in time linear in its length |
//! | [`persisted`] | documents that requests name instead of sending them |
//! | [`ws`] | WebSocket, by graphql-transport-ws |
//! | [`sse`] | server-sent events, in distinct connections mode |
//!
//! It knows nothing of the schema it serves, of users or of rate limits: those are for the server around it.
//!
//! Rejected: async-graphql-axum. It runs mutations by GET, parses any content type, accepts multipart and batches of any length, and
//! always responds with 200. The bounds of async-graphql expand every fragment spread, so a kilobyte of nested fragments keeps them
//! busy for hours; ours measure a fragment once.
//!
//! # Use
//!
//! A handler composes the steps: negotiate, read the parameters, find the document, check the bounds, execute, respond.
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
//! use axum::Router;
//! use axum::body::Bytes;
//! use axum::extract::State;
//! use axum::response::Response;
//! use axum::routing::post;
//! use curtail_graphql_http::{
//!     Body, Code, Documents, Limits, Manifest, MediaType, Operation, Persisted, PersistedSettings, RequestError, Sizes,
//!     is_json, json_response, negotiate,
//! };
//! use http::{HeaderMap, StatusCode};
//!
//! struct Query;
//!
//! #[Object]
//! impl Query {
//!     async fn greeting(&self) -> &str {
//!         "hello"
//!     }
//! }
//!
//! struct Server {
//!     schema: Schema<Query, EmptyMutation, EmptySubscription>,
//!     sizes: Sizes,
//!     documents: Documents,
//!     persisted: Persisted,
//! }
//!
//! impl Server {
//!     fn prepare(&self, headers: &HeaderMap, body: &[u8]) -> Result<Operation, RequestError> {
//!         if !is_json(headers) {
//!             return Err(RequestError::new(Code::UnsupportedMediaType, "send application/json"));
//!         }
//!         let Body::One(params) = Body::read(body, 0)? else { unreachable!("no batches are allowed") };
//!         let document = self.persisted.find(&self.documents, &params.document)?;
//!         Operation::new(params, document, &self.documents, &self.sizes)
//!     }
//! }
//!
//! async fn graphql(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
//!     let media = negotiate(&headers).unwrap_or(MediaType::Json);
//!     match server.prepare(&headers, &body) {
//!         Ok(operation) => {
//!             let response = server.schema.execute(operation.into_request()).await;
//!             json_response(&response, StatusCode::OK, media)
//!         }
//!         Err(error) => error.to_response(media),
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
//! let server = Arc::new(Server {
//!     sizes: Sizes::from_sdl(&schema.sdl())?,
//!     documents: Documents::new(Limits::default(), 1000),
//!     persisted: Persisted::new(PersistedSettings::default(), Manifest::default()),
//!     schema,
//! });
//! let router: Router = Router::new().route("/graphql", post(graphql)).with_state(server.clone());
//!
//! let json = [("content-type".parse()?, "application/json".parse()?)].into_iter().collect();
//! assert!(server.prepare(&json, br#"{"query": "{ greeting }"}"#).is_ok());
//! let deep = format!(r#"{{"query": "{}"}}"#, "{a".repeat(40));
//! assert_eq!(server.prepare(&json, deep.as_bytes()).unwrap_err().code, Code::Nesting);
//! # Ok(())
//! # }
//! ```

mod accept;
mod error;
mod input;
pub mod limits;
mod operation;
mod params;
pub mod persisted;
mod response;
mod schema_fields;
pub mod sse;
pub mod ws;

pub use accept::{MediaType, negotiate};
pub use error::{Code, RequestError};
pub use input::{CustomScalar, InputTypes, InvalidInput, without_absent};
pub use limits::{Document, Documents, Limits, Plan, Policy, Sizes, is_closed, plan};
pub use operation::Operation;
pub use params::{Body, Params, is_json};
pub use persisted::{DocumentSource, Hash, Lookup, Manifest, ManifestError, Persisted, PersistedSettings};
pub use response::json_response;
pub use schema_fields::{SchemaField, SchemaFields, UsedFields};
