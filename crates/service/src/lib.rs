//! The one way to start a service.
//!
//! A service binds its ports through a [`ServiceHost`], gives it tasks and gets back a [`Running`]. What differs between the
//! real process and a test is in [`Deps`]: the clock, the random generator and the keys that verify callers.
//!
//! ```ignore
//! let mut host = ServiceHost::bind(Service::Search, &config, &clock, shutdown).await?;
//! let listener = host.listen().await?;
//! host.task("feed", |shutdown| feed.run(shutdown));
//! host.grpc(listener, keys, |server| server.add_service(service))?;
//! Ok(host.start(()))
//! ```
//!
//! Rejected: a trait `Service` with `start` and `migrate`. The eight services have different handles for tests, and one
//! caller (`curtail service`) that knows all of them by name.

mod deps;
mod host;

pub use deps::Deps;
pub use host::{Running, ServiceHost};
