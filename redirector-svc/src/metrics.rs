//! Handles of the metrics on the way of a redirect, looked up once. The rest are recorded where they arise.

use ::metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, histogram};
use http::StatusCode;

use crate::spool::DropReason;

/// The statuses that are counted apart.
const STATUSES: [u16; 14] = [200, 301, 302, 307, 308, 400, 404, 405, 410, 421, 429, 431, 451, 503];

/// Metrics of redirects, the cache and clicks.
pub struct Metrics {
    responses: Vec<Counter>,
    other_responses: Counter,
    /// At any time the sum of counted, waiting and dropped ones.
    clicks_served: Counter,
    /// Answers from the process, fresh or not.
    pub local_hits: Counter,
    /// Codes that are not in the process.
    pub local_misses: Counter,
    /// Codes found in Redis.
    pub shared_hits: Counter,
    /// Codes asked of Redis in vain.
    pub shared_misses: Counter,
    /// Codes that shortener-svc knew.
    pub owner_hits: Counter,
    /// Codes that shortener-svc did not know.
    pub owner_misses: Counter,
    /// Questions that shortener-svc did not answer in time.
    pub owner_errors: Counter,
    /// Answers from an entry that could not be checked in time.
    pub stale: Counter,
    /// Changes that came with the stream of link events.
    pub events: Counter,
    /// From the question to the entry, for codes that are not in the process.
    pub fill_seconds: Histogram,
    disk_full: Counter,
    spool_full: Counter,
    io_error: Counter,
}

impl Metrics {
    /// Registers them with the recorder, which must be installed before.
    pub fn new() -> Self {
        describe();
        let responses = |status: u16| counter!("redirector_responses_total", "status" => status.to_string());
        let lookups = |layer: &'static str, outcome: &'static str| counter!("redirector_cache_lookups_total", "layer" => layer, "outcome" => outcome);
        let dropped = |why: DropReason| counter!("redirector_clicks_dropped_total", "reason" => why.reason());
        // Shown from the start, although it is counted elsewhere.
        counter!("redirector_clicks_dropped_total", "reason" => "lost").increment(0);
        Self {
            responses: STATUSES.into_iter().map(responses).collect(),
            other_responses: counter!("redirector_responses_total", "status" => "other"),
            clicks_served: counter!("redirector_clicks_served_total"),
            local_hits: lookups("process", "hit"),
            local_misses: lookups("process", "miss"),
            shared_hits: lookups("redis", "hit"),
            shared_misses: lookups("redis", "miss"),
            owner_hits: lookups("owner", "hit"),
            owner_misses: lookups("owner", "miss"),
            owner_errors: lookups("owner", "error"),
            stale: counter!("redirector_cache_stale_total"),
            events: counter!("redirector_link_events_total"),
            fill_seconds: histogram!("redirector_fill_seconds"),
            disk_full: dropped(DropReason::DiskFull),
            spool_full: dropped(DropReason::SpoolFull),
            io_error: dropped(DropReason::Io),
        }
    }

    /// Counts an answer.
    pub fn response(&self, status: StatusCode) {
        let at = STATUSES.iter().position(|known| *known == status.as_u16());
        at.map_or(&self.other_responses, |at| &self.responses[at]).increment(1);
    }

    /// Counts clicks that are answered, and whether they could be recorded.
    pub fn clicks(&self, count: u64, written: Result<(), DropReason>) {
        self.clicks_served.increment(count);
        match written {
            Ok(()) => {}
            Err(DropReason::DiskFull) => self.disk_full.increment(count),
            Err(DropReason::SpoolFull) => self.spool_full.increment(count),
            Err(DropReason::Io) => self.io_error.increment(count),
        }
    }
}

/// Describes every metric of the service.
fn describe() {
    describe_counter!("redirector_responses_total", "Responses, by status.");
    describe_counter!(
        "redirector_cache_lookups_total",
        "Look-ups of codes, by layer (process, redis, owner) and outcome."
    );
    describe_counter!("redirector_cache_stale_total", "Hits on entries that could not be confirmed in time.");
    describe_counter!("redirector_cache_evictions_total", "Entries evicted from the process.");
    describe_gauge!("redirector_cache_entries", "Entries in the process.");
    describe_counter!("redirector_link_events_total", "Link events applied.");
    describe_histogram!("redirector_fill_seconds", "Time until a code that was not in the process was known.");
    describe_counter!("redirector_clicks_served_total", "Clicks that were answered.");
    describe_counter!("redirector_clicks_dropped_total", "Clicks that were not counted, by reason.");
    describe_counter!("redirector_clicks_shipped_total", "Clicks sent to the click streams.");
    describe_counter!("redirector_ship_errors_total", "Failed attempts to ship clicks.");
    describe_gauge!("redirector_spool_bytes", "Bytes in the spool.");
    describe_gauge!("redirector_spool_clicks", "Clicks in the spool that are not counted yet.");
    describe_gauge!("redirector_spool_producers", "Producers whose clicks are in the spool.");
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
