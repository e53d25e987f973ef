//! Every setting of Curtail: typed, from one documented default file, checked as a whole.
//!
//! Three layers, the later one wins: `curtail.default.toml` (embedded), the file named by `CURTAIL_CONFIG`, and the
//! environment (`CURTAIL_<SECTION>__<KEY>`, `…_FILE` for secrets, `DATABASE_URL`, `REDIS_URL`). The default file is the one
//! place that names a key, its kind, its default, its meaning and its bounds: [`reference`] and the checks read it, and the
//! structs of [`sections`] have no defaults of their own, so a key that is missing there does not load.
//!
//! All problems are reported at once, each with the name of its key ([`ConfigErrors`]). Secrets never appear in a message.

mod check;
mod environment;
mod forms;
mod keys;
mod load;
mod problems;
mod reference;
mod secret;
pub mod sections;
mod service;
mod testing;

pub use environment::{Variables, variables_in};
pub use problems::{ConfigErrors, Problem};
pub use reference::reference;
pub use secret::Secret;
pub use sections::{
    Analytics, Auth, Config, Database, Domains, Expiry, Gateway, Lifecycle, Notify, Plan, Plans, Proxies, Redirector,
    Redis, Rpc, Search, Shortener, Streams, Telemetry, Webhooks,
};
pub use service::{Service, UnknownService};

/// The default file, with a comment for every key.
pub const DEFAULT: &str = include_str!("../curtail.default.toml");
