//! Which workspaces are watched, and which clicks of a batch their watchers get.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use curtail_proto::analytics::v1::{LiveClick, WatchClicksResponse};
use curtail_proto::timestamp;
use time::OffsetDateTime;

use crate::clicks::Row;

/// How long a workspace counts as watched after it was last said to be.
pub(super) const REMEMBERED: Duration = Duration::from_secs(12);

/// An older click is not live: it comes from a spool that could not be shipped for a while.
const FRESH_MS: i64 = 60_000;

/// The clicks of a batch that are shown, by workspace.
pub type Picked = Vec<(i64, WatchClicksResponse)>;

/// What this process knows of watchers, wherever they are.
pub struct Watched {
    /// The most clicks of a workspace that are shown in a second.
    per_second: u32,
    /// What the ids of clicks begin with; no other process has the same.
    name: u64,
    next: AtomicU64,
    /// Spares the lock as long as no one watches anything.
    any: AtomicBool,
    workspaces: Mutex<HashMap<i64, Workspace>>,
}

struct Workspace {
    until: Instant,
    /// The second since 1970 of the last batch, and how many clicks of it were shown.
    shown: (i64, u32),
}

impl Watched {
    /// No one watches yet. `name` is a number that no other process has.
    pub fn new(per_second: u32, name: u64) -> Self {
        Self { per_second, name, next: AtomicU64::new(0), any: AtomicBool::new(false), workspaces: Mutex::default() }
    }

    /// These workspaces are watched at `now`. Others are forgotten when they were not said to be for a while.
    pub fn say(&self, workspaces: impl IntoIterator<Item = i64>, now: Instant) {
        let mut known = self.lock();
        for id in workspaces {
            let fresh = Workspace { until: now, shown: (0, 0) };
            known.entry(id).or_insert(fresh).until = now + REMEMBERED;
        }
        known.retain(|_, workspace| workspace.until > now);
        self.any.store(!known.is_empty(), Ordering::Relaxed);
    }

    /// The clicks among `rows` that watchers get, with the number of those left out.
    pub fn pick(&self, rows: &[Row], now_ms: i64) -> Picked {
        if !self.any.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut known = self.lock();
        let mut picked: HashMap<i64, WatchClicksResponse> = HashMap::new();
        for row in rows.iter().filter(|row| row.at_ms > now_ms - FRESH_MS) {
            let Some(workspace) = known.get_mut(&row.workspace_id) else { continue };
            let message = picked.entry(row.workspace_id).or_default();
            if workspace.take(now_ms.div_euclid(1000), self.per_second) {
                message.clicks.push(self.shown(row));
            } else {
                message.skipped += 1;
            }
        }
        drop(known);
        let mut picked: Picked = picked.into_iter().collect();
        for (_, message) in &mut picked {
            message.clicks.sort_by_key(|click| click.at.map(|at| (at.seconds, at.nanos)));
        }
        picked
    }

    fn shown(&self, row: &Row) -> LiveClick {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        LiveClick {
            id: format!("{:016x}{:x}", self.name, self.next.fetch_add(1, Ordering::Relaxed)),
            at: Some(timestamp(instant(row.at_ms))),
            link_id: row.link_id,
            country: text(row.place.country.as_deref()),
            region: text(row.place.region.as_deref()),
            city: text(row.place.city.as_deref()),
            device: text(row.agent.device),
            os: text(row.agent.system.as_deref()),
            browser: text(row.agent.browser.as_deref()),
            language: text(row.language.as_deref()),
            referrer: text(row.referrer.as_ref().map(|referrer| &*referrer.name)),
            channel: row.channel.as_str().to_owned(),
            bot: row.agent.is_bot(),
            qr: row.qr,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Workspace>> {
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    /// Whether one more click may be shown in this second.
    fn take(&mut self, second: i64, most: u32) -> bool {
        if self.shown.0 != second {
            self.shown = (second, 0);
        }
        let may = self.shown.1 < most;
        self.shown.1 += u32::from(may);
        may
    }
}

fn instant(ms: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::milliseconds(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clicks::testing::row;

    const NOW: i64 = 1_790_000_000_000;

    fn sizes(picked: &Picked) -> Vec<(i64, usize, u64)> {
        let mut sizes: Vec<_> = picked.iter().map(|(id, m)| (*id, m.clicks.len(), m.skipped)).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn only_watched_workspaces_are_picked_and_forgotten_when_nobody_says_more() {
        let (watched, start) = (Watched::new(10, 1), Instant::now());
        let rows = [row(1, 5, NOW), row(2, 6, NOW)];
        assert!(watched.pick(&rows, NOW).is_empty());
        watched.say([1], start);
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(1, 1, 0)]);
        watched.say([2], start + REMEMBERED / 2);
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(1, 1, 0), (2, 1, 0)]);
        watched.say([], start + REMEMBERED);
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(2, 1, 0)]);
        watched.say([], start + REMEMBERED * 2);
        assert!(watched.pick(&rows, NOW).is_empty());
    }

    #[test]
    fn a_second_shows_so_many_clicks_and_counts_the_rest() {
        let watched = Watched::new(3, 1);
        watched.say([1, 2], Instant::now());
        let rows = [row(1, 5, NOW), row(1, 5, NOW), row(2, 6, NOW)];
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(1, 2, 0), (2, 1, 0)]);
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(1, 1, 1), (2, 1, 0)]);
        assert_eq!(sizes(&watched.pick(&rows, NOW)), [(1, 0, 2), (2, 1, 0)]);
        assert_eq!(sizes(&watched.pick(&rows, NOW + 1000)), [(1, 2, 0), (2, 1, 0)]);
    }

    #[test]
    fn old_clicks_are_not_live_and_the_rest_comes_in_order_with_ids_of_its_own() {
        let watched = Watched::new(10, 0xab);
        watched.say([1], Instant::now());
        let rows = [row(1, 5, NOW), row(1, 6, NOW - FRESH_MS), row(1, 7, NOW - FRESH_MS + 1)];
        let picked = watched.pick(&rows, NOW);
        let clicks = &picked[0].1.clicks;
        assert_eq!(clicks.iter().map(|click| click.link_id).collect::<Vec<_>>(), [7, 5]);
        assert!(clicks[0].id.starts_with("00000000000000ab") && clicks[0].id != clicks[1].id);
        assert_eq!(picked[0].1.skipped, 0, "counted, but not live");
    }
}
