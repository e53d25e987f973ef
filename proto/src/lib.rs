//! Messages, clients and servers generated from the contracts in `curtail/*/v1/*.proto`.
//!
//! Each module is one part of the platform; meaning, units and bounds are written beside the fields in the `.proto` files.
#![allow(missing_docs, clippy::all)]

mod batch;
mod instant;
mod snapshot;

pub use batch::{Batch, Item};
pub use instant::{instant, timestamp};

/// Accounts, sessions, API keys, token keys.
pub mod auth {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.auth.v1");
    }
}

/// Links and what redirectors need of them.
pub mod links {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.links.v1");
    }
}

/// Click statistics.
pub mod analytics {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.analytics.v1");
    }
}

/// Full-text search.
pub mod search {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.search.v1");
    }
}

/// Messages to people and to other systems.
pub mod notify {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.notify.v1");
    }
}

/// Facts on the streams.
pub mod events {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("curtail.events.v1");
    }
}

/// All contracts as an encoded `FileDescriptorSet`, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
