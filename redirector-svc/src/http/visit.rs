//! A visitor at a link: the answer, and the click.

use std::net::IpAddr;
use std::time::Duration;

use http::request::Parts;
use http::{Method, Response, StatusCode};
use rand::Rng as _;

use super::Lane;
use super::reply::{self, Body};
use crate::cache::Cached;
use crate::clicks::Visit;
use crate::links::{Answer, Known, forward};
use crate::pages::Page;
use crate::spool::Written;

/// When to come back if nobody could say whether a click is left.
const RETRY: Duration = Duration::from_secs(1);

/// An answer, and the click that must be written before it leaves.
pub(super) struct Prepared {
    pub(super) response: Response<Body>,
    pub(super) click: Option<Written>,
}

impl From<Response<Body>> for Prepared {
    fn from(response: Response<Body>) -> Self {
        Self { response, click: None }
    }
}

impl Lane {
    /// The answer of a link. `None`: a click must be asked for first, see [`Lane::visit_limited`].
    pub(super) fn visit(&self, parts: &Parts, client: IpAddr, cached: &Cached) -> Option<Prepared> {
        let at_ms = self.app.clock.unix_ms();
        let app = &self.app;
        let visit = || Visit::new(parts, client, at_ms);
        let page = match Answer::at(&cached.entry, at_ms) {
            Answer::Redirect(known) | Answer::Limited(known)
                if parts.method == Method::POST && !known.location.keeps_method() =>
            {
                app.page(parts, Page::MethodNotAllowed, None)
            }
            Answer::Redirect(known) => return Some(self.redirect(&visit(), known)),
            Answer::Limited(known) => {
                let visit = visit();
                // Fetches that are no clicks, and bots, see where the link leads for as long as it leads there.
                return (!visit.is_click() || !visit.is_human()).then(|| self.redirect(&visit, known));
            }
            Answer::Over(known) => match &known.fallback {
                // Not a click: the link is over.
                Some(url) => reply::redirect(StatusCode::FOUND, url.clone(), app.cache_policy.of(StatusCode::FOUND)),
                None => app.page(parts, Page::Over, None),
            },
            Answer::Unknown => app.not_found(parts, client, Page::Unknown),
            Answer::Scheduled => app.not_found(parts, client, Page::Scheduled),
            Answer::Disabled => app.page(parts, Page::Disabled, None),
            Answer::Deleted => app.page(parts, Page::Deleted, None),
            Answer::Blocked(known) => app.page_with_reason(parts, Page::Blocked, None, &known.block_reason),
        };
        Some(page.into())
    }

    /// The answer of a link, after asking for a click if its number is limited.
    pub(super) async fn visit_limited(&self, parts: &Parts, client: IpAddr, cached: &Cached) -> Prepared {
        if let Some(prepared) = self.visit(parts, client, cached) {
            return prepared;
        }
        let Some(known) = &cached.entry.known else {
            return self.app.not_found(parts, client, Page::Unknown).into();
        };
        let mut event_id = [0; 16];
        self.lock_rng().fill_bytes(&mut event_id);
        let Some(answer) = self.app.links.consume(known.destination.link_id, event_id).await else {
            return self.app.page(parts, Page::Unavailable, Some(RETRY)).into();
        };
        if !answer.granted || answer.remaining == 0 {
            known.set_exhausted();
        }
        if answer.granted {
            return self.redirect(&Visit::new(parts, client, self.app.clock.unix_ms()), known);
        }
        // It is known to be exhausted now, so this does not ask again.
        self.visit(parts, client, cached).unwrap_or_else(|| self.app.page(parts, Page::Over, None).into())
    }

    /// Sends the visitor on.
    fn redirect(&self, visit: &Visit<'_>, known: &Known) -> Prepared {
        let click = visit.is_click().then(|| self.commit.add(&self.capture.click(visit, &known.destination)));
        let location = &known.location;
        let forwarded = visit.query.filter(|_| known.forward_query).and_then(|query| forward(&location.url, query));
        let url = forwarded.unwrap_or_else(|| location.url.clone());
        let response = reply::redirect(location.status, url, self.app.cache_policy.of(location.status));
        Prepared { response, click }
    }
}
