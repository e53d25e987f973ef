//! A visitor at a link: the answer, and the click.

use std::net::IpAddr;
use std::time::Duration;

use http::Response;
use http::request::Parts;
use rand::Rng as _;

use super::Lane;
use super::reply::{self, Body};
use crate::cache::Cached;
use crate::clicks::Visit;
use crate::links::{Answer, Known, forward};
use crate::pages::Page;

/// When to come back if nobody could say whether a click is left.
const RETRY: Duration = Duration::from_secs(1);

impl Lane {
    /// The answer of a link. `None`: a click must be asked for first, see [`Lane::visit_limited`].
    pub(super) fn visit(&self, parts: &Parts, client: IpAddr, cached: &Cached) -> Option<Response<Body>> {
        let at_ms = self.app.clock.unix_ms();
        let visit =
            Visit { at_ms, address: client, method: &parts.method, query: parts.uri.query(), headers: &parts.headers };
        let app = &self.app;
        Some(match Answer::at(&cached.entry, at_ms) {
            Answer::Redirect(known) => self.redirect(&visit, known),
            // Fetches that are no clicks, and bots, see where the link leads for as long as it leads there.
            Answer::Limited(known) if !visit.is_click() || !visit.is_human() => self.redirect(&visit, known),
            Answer::Limited(_) => return None,
            Answer::Over(known) => match &known.fallback {
                // Not a click: the link is over.
                Some(url) => {
                    reply::redirect(http::StatusCode::FOUND, url.clone(), app.cache_policy.of(http::StatusCode::FOUND))
                }
                None => app.page(parts, Page::Over, None),
            },
            Answer::Unknown => app.not_found(parts, client, Page::Unknown),
            Answer::Scheduled => app.not_found(parts, client, Page::Scheduled),
            Answer::Disabled => app.page(parts, Page::Disabled, None),
            Answer::Deleted => app.page(parts, Page::Deleted, None),
            Answer::Blocked(known) => app.page_with_reason(parts, Page::Blocked, None, &known.block_reason),
        })
    }

    /// The answer of a link, after asking for a click if its number is limited.
    pub(super) async fn visit_limited(&self, parts: &Parts, client: IpAddr, cached: &Cached) -> Response<Body> {
        if let Some(response) = self.visit(parts, client, cached) {
            return response;
        }
        let Some(known) = &cached.entry.known else {
            return self.app.not_found(parts, client, Page::Unknown);
        };
        let mut event_id = [0; 16];
        self.lock_rng().fill_bytes(&mut event_id);
        match self.app.links.consume(known.destination.link_id, event_id).await {
            None => self.app.page(parts, Page::Unavailable, Some(RETRY)),
            Some(answer) => {
                if !answer.granted || answer.remaining == 0 {
                    known.set_exhausted();
                }
                if answer.granted { self.granted(parts, client, known) } else { self.over(parts, client, cached) }
            }
        }
    }

    fn granted(&self, parts: &Parts, client: IpAddr, known: &Known) -> Response<Body> {
        let visit = Visit {
            at_ms: self.app.clock.unix_ms(),
            address: client,
            method: &parts.method,
            query: parts.uri.query(),
            headers: &parts.headers,
        };
        self.redirect(&visit, known)
    }

    /// The entry is exhausted now, so this does not ask again.
    fn over(&self, parts: &Parts, client: IpAddr, cached: &Cached) -> Response<Body> {
        self.visit(parts, client, cached).unwrap_or_else(|| self.app.page(parts, Page::Over, None))
    }

    /// Sends the visitor on. The click is in the spool before the answer leaves.
    fn redirect(&self, visit: &Visit<'_>, known: &Known) -> Response<Body> {
        if visit.is_click() {
            self.app.meters.clicks_served.increment(1);
            let click = self.capture.click(visit, &known.destination);
            if let Err(why) = self.spool.append(&click) {
                self.app.meters.dropped(why);
            }
        }
        let location = &known.location;
        let forwarded = visit.query.filter(|_| known.forward_query).and_then(|query| forward(&location.url, query));
        let url = forwarded.unwrap_or_else(|| location.url.clone());
        reply::redirect(location.status, url, self.app.cache_policy.of(location.status))
    }
}
