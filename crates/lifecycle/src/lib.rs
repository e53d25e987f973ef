//! How a process starts to be ready, stays watched and stops.
//!
//! - [`Shutdown`]: stopping in two stages. The first signal turns readiness off, waits for load balancers to notice, then
//!   closes the listeners and lets requests in flight finish. The second signal, or a drain that takes too long, gives up.
//! - [`Readiness`]: one latch for each thing that must work before requests make sense.
//! - [`Admin`]: the port with `/health/live`, `/health/ready` and `/metrics`.
//! - [`raise_file_limit`]: as many connections as the system allows.
//! - [`Backoff`]: pauses that grow.
//! - [`Tasks`]: long-lived tasks; one that fails takes the process down instead of leaving it half alive.
//!
//! It also sets the allocator of every process, mimalloc: a request makes many small, short-lived pieces, on which glibc spent a
//! fifth of the gateway's time.

mod admin;
mod backoff;
mod open_files;
mod readiness;
mod shutdown;
mod tasks;

pub use admin::Admin;
pub use backoff::Backoff;
pub use open_files::raise_file_limit;
pub use readiness::{Latch, Readiness};
pub use shutdown::Shutdown;
pub use tasks::Tasks;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
