//! Section `analytics`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// analytics-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analytics {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// MMDB file with countries, or also regions and cities; a directory stands for all its files *.mmdb. Empty: places stay
    /// unknown.
    pub geo_database: String,
    /// The most clicks in one transaction.
    pub batch_clicks: usize,
    /// The most clicks of a workspace that watchers see in a second; of the rest they learn the number.
    pub live_clicks_per_second: u32,
    /// How long a lease on a click shard lasts without renewal.
    pub shard_lease_ms: u64,
    /// Daily partitions of raw clicks that are made ahead.
    pub partitions_ahead: u32,
    /// Days for which raw clicks are kept: several filters at once, breakdowns of what passes a filter and exports of clicks
    /// reach back so far.
    pub raw_days: u32,
    /// Hours after the end of a day (UTC) after which its clicks are folded into counters by dimension.
    pub fold_after_hours: u32,
    /// Days for which counters by minute are kept. Those by day and of all time are kept for ever.
    pub minute_days: u32,
    /// Days for which counters by hour are kept.
    pub hour_days: u32,
    /// Clicks by people within ten minutes from which a traffic spike is told.
    pub spike_min_clicks: u32,
    /// How many times as many as usual they must be.
    pub spike_factor: u32,
}

impl Analytics {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "analytics", self.listen, self.admin_listen);
        let hours = ("analytics.hour_days", u64::from(self.hour_days));
        forms::ordered(errors, ("analytics.minute_days", self.minute_days.into()), hours);
        // An export of raw clicks finds its way by the counters of hours.
        forms::ordered(errors, ("analytics.raw_days", self.raw_days.into()), hours);
    }
}
