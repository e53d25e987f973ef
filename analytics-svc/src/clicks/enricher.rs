//! Makes a row out of a click.

use std::sync::Arc;

use curtail_proto::events::v1::Click;
use quick_cache::unsync::Cache;

use super::row::Row;
use crate::enrich::{Agents, Campaign, Channel, Geo, Places, Referrers, language};
use crate::retention::Retention;

/// How far the clock of a redirector may be ahead, in milliseconds; a click from later is taken as of now.
const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;

/// Why a click is not counted; the `reason` of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Without a link or a workspace.
    Invalid,
    /// Older than raw clicks are kept.
    Expired,
}

/// Enriches the clicks of one shard; remembers what it looked up.
pub struct Enricher {
    retention: Retention,
    agents: Agents,
    places: Places,
    referrers: Referrers,
    languages: Cache<Box<str>, Option<Arc<str>>>,
}

impl Enricher {
    /// An empty memory. `geo` has the places of networks, when there is a database.
    pub fn new(geo: Option<Arc<Geo>>, retention: Retention) -> Self {
        Self {
            retention,
            agents: Agents::new(),
            places: Places::new(geo),
            referrers: Referrers::default(),
            languages: Cache::new(1_000),
        }
    }

    /// The row of a click that is consumed at `now_ms`.
    ///
    /// # Errors
    /// A [`Refusal`] when it cannot be counted.
    pub fn row(&mut self, click: Click, now_ms: i64) -> Result<Row, Refusal> {
        if click.link_id <= 0 || click.workspace_id <= 0 {
            return Err(Refusal::Invalid);
        }
        if click.at_ms < self.retention.at(now_ms).raw_ms {
            return Err(Refusal::Expired);
        }
        let referrer = self.referrers.look_up(&click.referrer);
        let campaign = (!click.utm.is_empty()).then(|| Box::new(Campaign::parse(&click.utm)));
        let medium = campaign.as_ref().and_then(|campaign| campaign.medium.as_deref());
        Ok(Row {
            at_ms: if click.at_ms > now_ms + MAX_AHEAD_MS { now_ms } else { click.at_ms },
            workspace_id: click.workspace_id,
            link_id: click.link_id,
            visitor: click.visitor,
            qr: click.qr,
            agent: self.agents.look_up(&click.user_agent),
            place: self.places.look_up(&click.network),
            language: self.language(&click.language),
            channel: Channel::new(medium, referrer.as_ref().map(|referrer| referrer.channel)),
            referrer,
            campaign,
        })
    }

    fn language(&mut self, value: &str) -> Option<Arc<str>> {
        if value.is_empty() {
            return None;
        }
        if let Some(known) = self.languages.get(value) {
            return known.clone();
        }
        let understood = language(value).map(Arc::from);
        if value.len() <= 64 {
            self.languages.insert(value.into(), understood.clone());
        }
        understood
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn row(click: Click) -> Result<Row, Refusal> {
        Enricher::new(None, Retention::new(400, 30, 400)).row(click, NOW)
    }

    fn click() -> Click {
        Click { at_ms: NOW, link_id: 1, workspace_id: 2, visitor: 3, ..Click::default() }
    }

    #[test]
    fn all_dimensions_are_filled() {
        let row = row(Click {
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0".into(),
            referrer: "www.google.com".into(),
            language: "de-ch".into(),
            utm: "utm_medium=cpc&utm_source=google".into(),
            qr: true,
            ..click()
        })
        .unwrap();
        assert_eq!((row.agent.device, row.agent.browser.as_deref()), (Some("desktop"), Some("Firefox")));
        assert_eq!((row.channel, row.referrer.map(|r| r.name.clone()).as_deref()), (Channel::Paid, Some("google.com")));
        assert_eq!(row.language.as_deref(), Some("de-CH"));
        assert_eq!(row.campaign.and_then(|c| c.source).as_deref(), Some("google"));
        assert!(row.qr);
    }

    #[test]
    fn a_click_from_the_future_is_of_now() {
        let at = |at_ms| row(Click { at_ms, ..click() }).map(|row| row.at_ms);
        assert_eq!(at(NOW + MAX_AHEAD_MS), Ok(NOW + MAX_AHEAD_MS));
        assert_eq!(at(NOW + MAX_AHEAD_MS + 1), Ok(NOW));
        assert_eq!(at(i64::MAX), Ok(NOW));
    }

    #[test]
    fn a_click_from_before_the_retention_is_refused() {
        let at = |at_ms| row(Click { at_ms, ..click() }).map(|row| row.at_ms);
        let oldest = Retention::new(400, 30, 400).at(NOW).raw_ms;
        assert_eq!(at(oldest), Ok(oldest));
        assert_eq!(at(oldest - 1), Err(Refusal::Expired));
        assert_eq!(at(i64::MIN), Err(Refusal::Expired));
    }

    #[test]
    fn a_click_without_a_link_is_refused() {
        for click in
            [Click { link_id: 0, ..click() }, Click { workspace_id: 0, ..click() }, Click { link_id: -1, ..click() }]
        {
            assert_eq!(row(click).map(drop), Err(Refusal::Invalid));
        }
    }

    #[test]
    fn s25_hostile_strings_are_cut_and_cleaned() {
        let row = row(Click {
            user_agent: "\0".repeat(10_000),
            referrer: format!("evil\0.example{}", "x".repeat(10_000)),
            language: "<script>".repeat(100),
            utm: format!("utm_source=%00%0d{}", "a".repeat(10_000)),
            ..click()
        })
        .unwrap();
        assert_eq!(row.referrer.map(|r| r.name.len()), Some(256));
        assert_eq!(row.language, None);
        assert_eq!(row.campaign.and_then(|c| c.source).map(|s| s.len()), Some(256));
    }
}
