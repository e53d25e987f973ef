//! What travels from the preparation of clicks to their commit.

use std::collections::BTreeSet;

use curtail_streams::EntryId;
use time::Date;

use super::copy;
use super::rollups::Rollups;
use crate::live::Picked;

/// Identity of one incarnation of a redirector.
pub type Producer = [u8; 16];

/// How far a batch moves a producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Whose numbers.
    pub producer: Producer,
    /// The last number before the batch; the commit holds only when the database agrees.
    pub from: u64,
    /// The last number after it.
    pub to: u64,
    /// Numbers that the producer gave up.
    pub lost: u64,
    /// Clicks that were not counted, as they were invalid or too old.
    pub refused: u64,
}

/// One transaction's worth of clicks.
#[derive(Debug, Default)]
pub struct Batch {
    /// Entries to acknowledge after the commit.
    pub acknowledge: Vec<EntryId>,
    /// Producers that move.
    pub advances: Vec<Advance>,
    /// All producers that were seen, with their last number after the batch.
    pub counted: Vec<(Producer, u64)>,
    /// Producers that must send again from a number on.
    pub gaps: Vec<(Producer, u64)>,
    /// Rows as input of COPY.
    pub copy: Vec<u8>,
    /// Number of rows.
    pub rows: u64,
    /// Days that the rows are of.
    pub days: BTreeSet<Date>,
    /// What those who watch get to see after the commit.
    pub live: Picked,
    /// Sums.
    pub rollups: Rollups,
    /// Clicks that were dealt with before.
    pub duplicates: u64,
    /// Clicks refused because they are invalid and because they are too old.
    pub invalid: u64,
    /// See `invalid`.
    pub expired: u64,
    /// Clicks that the database refused for their data; then there are no rows.
    pub refused: u64,
}

impl Batch {
    /// The batch without its rows, whose clicks are refused instead.
    pub fn refuse(&mut self) {
        self.refused = self.rows;
        // Only a batch of one entry is refused, and so there is one producer.
        if let Some(advance) = self.advances.first_mut() {
            advance.refused += self.rows;
        }
        self.rows = 0;
        self.copy = copy::encode(&[]);
        self.days.clear();
        self.live.clear();
        self.rollups = Rollups::default();
    }
}
