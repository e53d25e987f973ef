//! Creates that arrive while others are being written are written together.
//!
//! A commit waits for the disk, and a statement has its price whatever it writes; both are paid once for a group. A create that
//! comes alone goes at once: no one waits for company, a group is what gathered while the one before was written. This is
//! what databases call group commit. One group is under way at a time: with two, measured, most groups had one member.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use curtail_rpc::Error;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::store::create_many::{self, PendingInsert};
use crate::store::usage::Slots;

/// The most creates of one group.
const LARGEST: usize = 64;
/// Creates that wait; more wait where they come from.
const WAITING: usize = 1024;
/// A group that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(5);

struct Waiting {
    new: PendingInsert,
    /// Dropped without an answer when no one knows whether it is written.
    written: oneshot::Sender<bool>,
}

/// Takes creates and writes them in groups.
pub struct GroupCommit {
    queue: mpsc::Sender<Waiting>,
}

impl GroupCommit {
    /// Starts the task that writes. It ends with the last create after this is dropped.
    pub fn start(pool: PgPool, slots: Arc<Slots>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write_groups(pool, waiting, slots));
        Self { queue }
    }

    /// Writes a link as part of a group and returns once it is committed. `false` when nothing of it was written: whoever
    /// wants to know why writes it alone.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database is unavailable; it may have been written all the same.
    pub async fn insert(&self, new: PendingInsert) -> Result<bool, Error> {
        let (written, answer) = oneshot::channel();
        self.queue.send(Waiting { new, written }).await.map_err(|_| unknown())?;
        answer.await.map_err(|_| unknown())
    }
}

async fn write_groups(pool: PgPool, mut waiting: mpsc::Receiver<Waiting>, slots: Arc<Slots>) {
    let mut gathered = Vec::with_capacity(LARGEST);
    while waiting.recv_many(&mut gathered, LARGEST).await > 0 {
        // Whose caller went away does not want it any more.
        gathered.retain(|waiting: &Waiting| !waiting.written.is_closed());
        write(&pool, &mut gathered, slots.next()).await;
    }
}

async fn write(pool: &PgPool, gathered: &mut Vec<Waiting>, slot: i16) {
    let (group, answers): (Vec<PendingInsert>, Vec<_>) = gathered.drain(..).map(|w| (w.new, w.written)).unzip();
    if group.is_empty() {
        return;
    }
    metrics::histogram!("link_create_group_size").record(group.len() as f64);
    let created = match tokio::time::timeout(PATIENCE, create_many::insert_group(pool, &group, slot)).await {
        Ok(Ok(created)) => created,
        Ok(Err(error)) if curtail_db::is_unavailable(&error) => return,
        Ok(Err(error)) => {
            tracing::warn!(%error, links = group.len(), "a group of creates was refused; each tries alone");
            HashSet::new()
        }
        Err(_) => return,
    };
    for (new, answer) in group.iter().zip(answers) {
        let _ = answer.send(created.contains(&new.link.id));
    }
}

fn unknown() -> Error {
    Error::unavailable(anyhow!("a group of creates came to no known end"))
}
