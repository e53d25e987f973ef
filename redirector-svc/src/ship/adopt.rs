//! Taking over the clicks of processes that died.

use std::path::Path;
use std::sync::Arc;

use super::Producer;
use crate::spool::{ProducerDir, Usage};

/// The producers under `root` whose process is dead. What cannot be read is logged and tried again the next time.
pub fn dead_producers(root: &Path, usage: &Arc<Usage>, shards: u32) -> Vec<Producer> {
    let homes = ProducerDir::adopt_dead(root).unwrap_or_else(|error| {
        tracing::warn!(%error, "the spool directory cannot be searched for clicks of dead processes");
        Vec::new()
    });
    let mut producers = Vec::with_capacity(homes.len());
    for dir in homes {
        let id = dir.id();
        match Producer::adopted(dir, usage.clone(), shards) {
            Ok(producer) => {
                tracing::info!(producer = %id, clicks = producer.depth(), "adopted the clicks of a dead process");
                producers.push(producer);
            }
            Err(error) => tracing::warn!(producer = %id, %error, "clicks of a dead process cannot be read"),
        }
    }
    producers
}
