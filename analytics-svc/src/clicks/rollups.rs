//! Adds the clicks of a batch up before they reach the database.

use datasketches::hll::Coupon;
use std::ops::Range;

use super::row::Row;
use crate::level::Level;
use crate::sketch::visitor;

/// What a batch adds to one row of a rollup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Owner of the link.
    pub workspace_id: i64,
    /// The link, 0 for the whole workspace.
    pub link_id: i64,
    /// Start of the interval in milliseconds since 1970.
    pub at_ms: i64,
    /// Humans and bots.
    pub clicks: i64,
    /// Humans.
    pub humans: i64,
    /// The latest click in milliseconds since 1970.
    pub last_ms: i64,
    /// Where in [`Rollups::visitors`] its human visitors are, with repetitions.
    pub visitors: Range<usize>,
}

/// The sums of a batch, for each level.
#[derive(Debug, Default)]
pub struct Rollups {
    /// For each of [`Level::ALL`].
    pub levels: [Vec<Delta>; Level::ALL.len()],
    /// The human visitors, first by link and time, then by workspace and time.
    pub visitors: Vec<Coupon>,
}

impl Rollups {
    /// Adds up rows that are in the order of (workspace, link, time).
    pub fn of(rows: &[Row]) -> Self {
        let mut rollups = Self::default();
        let by_link: Vec<usize> = (0..rows.len()).collect();
        rollups.add(rows, &by_link, |row| row.link_id);
        let mut by_workspace = by_link;
        by_workspace.sort_by_key(|&index| (rows[index].workspace_id, rows[index].at_ms));
        rollups.add(rows, &by_workspace, |_| 0);
        rollups
    }

    /// Adds up rows of which those of one subject and interval follow one another: a sum for each such run.
    fn add(&mut self, rows: &[Row], order: &[usize], link: impl Fn(&Row) -> i64) {
        let first_visitor = self.visitors.len();
        self.visitors
            .extend(order.iter().map(|&i| &rows[i]).filter(|row| is_known(row)).map(|row| visitor(row.visitor)));
        for level in Level::ALL {
            let deltas = &mut self.levels[level as usize];
            let mut next_visitor = first_visitor;
            let mut open: Option<Delta> = None;
            for row in order.iter().map(|&index| &rows[index]) {
                let key = (row.workspace_id, link(row), level.start_of(row.at_ms));
                let delta = match open.take() {
                    Some(delta) if (delta.workspace_id, delta.link_id, delta.at_ms) == key => open.insert(delta),
                    ended => {
                        deltas.extend(ended);
                        open.insert(Delta {
                            workspace_id: key.0,
                            link_id: key.1,
                            at_ms: key.2,
                            clicks: 0,
                            humans: 0,
                            last_ms: i64::MIN,
                            visitors: next_visitor..next_visitor,
                        })
                    }
                };
                delta.clicks += 1;
                delta.last_ms = delta.last_ms.max(row.at_ms);
                delta.humans += i64::from(!row.agent.is_bot());
                if is_known(row) {
                    next_visitor += 1;
                    delta.visitors.end = next_visitor;
                }
            }
            deltas.extend(open);
        }
    }
}

/// Whether the click counts for uniques: bots and people who asked not to be told apart (visitor 0) do not.
fn is_known(row: &Row) -> bool {
    !row.agent.is_bot() && row.visitor != 0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use curtail_user_agent::{Kind, UserAgent};

    use crate::enrich::{Channel, Place};

    fn row(workspace_id: i64, link_id: i64, at_ms: i64, visitor: u64, bot: bool) -> Row {
        let agent = Arc::new(UserAgent {
            kind: if bot { Kind::Bot } else { Kind::Person },
            device: None,
            system: None,
            browser: None,
        });
        Row {
            at_ms,
            workspace_id,
            link_id,
            visitor,
            qr: false,
            agent,
            place: Arc::new(Place::default()),
            language: None,
            referrer: None,
            channel: Channel::Direct,
            campaign: None,
        }
    }

    #[test]
    fn links_and_workspaces_are_added_up_at_each_level() {
        let rows = [
            row(1, 10, 1_000, 7, false),
            row(1, 10, 59_999, 7, true),
            row(1, 10, 60_000, 8, false),
            row(1, 11, 2_000, 9, false),
            row(2, 12, 5_000, 7, false),
        ];
        let rollups = Rollups::of(&rows);
        let sums = |level: Level| -> Vec<_> {
            let deltas = &rollups.levels[level as usize];
            deltas.iter().map(|d| (d.workspace_id, d.link_id, d.at_ms, d.clicks, d.humans, d.last_ms)).collect()
        };
        assert_eq!(
            sums(Level::Minute),
            [
                (1, 10, 0, 2, 1, 59_999),
                (1, 10, 60_000, 1, 1, 60_000),
                (1, 11, 0, 1, 1, 2_000),
                (2, 12, 0, 1, 1, 5_000),
                (1, 0, 0, 3, 2, 59_999),
                (1, 0, 60_000, 1, 1, 60_000),
                (2, 0, 0, 1, 1, 5_000),
            ]
        );
        let coarse = [
            (1, 10, 0, 3, 2, 60_000),
            (1, 11, 0, 1, 1, 2_000),
            (2, 12, 0, 1, 1, 5_000),
            (1, 0, 0, 4, 3, 60_000),
            (2, 0, 0, 1, 1, 5_000),
        ];
        for level in [Level::Hour, Level::Day, Level::Ever] {
            assert_eq!(sums(level), coarse, "{level:?}");
        }
        let workspace = &rollups.levels[Level::Day as usize][3];
        let mut visitors = rollups.visitors[workspace.visitors.clone()].to_vec();
        visitors.sort_unstable();
        let mut expected = [visitor(7), visitor(8), visitor(9)];
        expected.sort_unstable();
        assert_eq!(visitors, expected);
    }

    #[test]
    fn nothing_adds_up_to_nothing() {
        assert!(Rollups::of(&[]).levels.iter().all(Vec::is_empty));
    }
}
