//! GraphQL over HTTP for async-graphql: the transport, and bounds that hold before anything is executed.
//!
//! | module | what it does |
//! |---|---|
//! | [`limits`] | bounds and cost of a document, in time linear in its length |
//! | [`persisted`] | documents that requests name instead of sending them |
//!
//! It knows nothing of the schema it serves, of users or of limits per user: those are for the server around it.

mod accept;
mod error;
pub mod limits;
mod params;
pub mod persisted;
mod schema_fields;

pub use accept::{MediaType, negotiate};
pub use error::{Code, RequestError};
pub use limits::{Document, Documents, Limits, Plan, Policy, Sizes, is_closed, plan};
pub use params::{Body, Params, is_json};
pub use persisted::{DocumentSource, Hash, Lookup, Manifest, ManifestError, Persisted, PersistedSettings};
pub use schema_fields::{SchemaField, SchemaFields, UsedFields};
