//! Taking over the clicks of processes that died.

use std::path::Path;
use std::sync::Arc;

use super::Producer;
use crate::spool::{Home, Usage};

/// The producers under `root` that nobody holds any more. What can not be read is logged and tried again the next time.
pub fn dead_producers(root: &Path, usage: &Arc<Usage>, shards: u32) -> Vec<Producer> {
    let homes = Home::adopt_dead(root).unwrap_or_else(|error| {
        tracing::warn!(%error, "the spool directory can not be searched for clicks of dead processes");
        Vec::new()
    });
    let mut producers = Vec::with_capacity(homes.len());
    for home in homes {
        let id = home.id();
        match Producer::adopted(home, usage.clone(), shards) {
            Ok(producer) => {
                tracing::info!(producer = %id, clicks = producer.depth(), "adopted the clicks of a dead process");
                producers.push(producer);
            }
            Err(error) => tracing::warn!(producer = %id, %error, "clicks of a dead process can not be read"),
        }
    }
    producers
}
