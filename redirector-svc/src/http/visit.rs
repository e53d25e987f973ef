//! A visitor at a link: the answer, and the click.

use std::net::IpAddr;
use std::time::Duration;

use http::request::Parts;
use http::{Method, Response, StatusCode};
use rand::Rng as _;

use super::Worker;
use super::reply::{self, Body};
use crate::cache::CachedLink;
use crate::clicks::Visit;
use crate::links::{Link, LinkOutcome, forward};
use crate::pages::Page;
use crate::spool::ClickWrite;

/// When to retry if shortener-svc did not say whether a click is left.
const RETRY: Duration = Duration::from_secs(1);

/// An answer, and the click that must be written before it leaves.
pub(super) struct PreparedResponse {
    pub(super) response: Response<Body>,
    pub(super) click: Option<ClickWrite>,
}

impl From<Response<Body>> for PreparedResponse {
    fn from(response: Response<Body>) -> Self {
        Self { response, click: None }
    }
}

impl Worker {
    /// The answer of a link. `None`: a click must be asked for first, see [`Worker::visit_limited`].
    pub(super) fn visit(&self, parts: &Parts, client: IpAddr, cached: &CachedLink) -> Option<PreparedResponse> {
        let at_ms = self.app.clock.unix_ms();
        let app = &self.app;
        let visit = || Visit::new(parts, client, at_ms);
        let page = match LinkOutcome::at(&cached.entry, at_ms) {
            LinkOutcome::Redirect(link) | LinkOutcome::Limited(link)
                if parts.method == Method::POST && !link.location.keeps_method() =>
            {
                app.page(parts, Page::MethodNotAllowed, None)
            }
            LinkOutcome::Redirect(link) => return Some(self.redirect(&visit(), link)),
            LinkOutcome::Limited(link) => {
                let visit = visit();
                // Fetches that are no clicks, and bots, see where the link leads for as long as it leads there.
                return (!visit.is_click() || !visit.is_human()).then(|| self.redirect(&visit, link));
            }
            LinkOutcome::Over(link) => match &link.fallback {
                // Not a click: the link is over.
                Some(url) => reply::redirect(StatusCode::FOUND, url.clone(), app.cache_policy.of(StatusCode::FOUND)),
                None => app.page(parts, Page::Over, None),
            },
            LinkOutcome::Unknown => app.not_found(parts, client, Page::Unknown),
            LinkOutcome::Scheduled => app.not_found(parts, client, Page::Scheduled),
            LinkOutcome::Disabled => app.page(parts, Page::Disabled, None),
            LinkOutcome::Deleted => app.page(parts, Page::Deleted, None),
            LinkOutcome::Blocked(link) => app.page_with_reason(parts, Page::Blocked, None, &link.block_reason),
        };
        Some(page.into())
    }

    /// The answer of a link, after asking for a click if its number is limited.
    pub(super) async fn visit_limited(&self, parts: &Parts, client: IpAddr, cached: &CachedLink) -> PreparedResponse {
        if let Some(prepared) = self.visit(parts, client, cached) {
            return prepared;
        }
        let Some(link) = &cached.entry.link else {
            return self.app.not_found(parts, client, Page::Unknown).into();
        };
        let mut event_id = [0; 16];
        self.lock_rng().fill_bytes(&mut event_id);
        let Some(answer) = self.app.links.consume(link.destination.link_id, event_id).await else {
            return self.app.page(parts, Page::Unavailable, Some(RETRY)).into();
        };
        if !answer.granted || answer.remaining == 0 {
            link.set_exhausted();
        }
        if answer.granted {
            return self.redirect(&Visit::new(parts, client, self.app.clock.unix_ms()), link);
        }
        // It is known to be exhausted now, so this does not ask again.
        self.visit(parts, client, cached).unwrap_or_else(|| self.app.page(parts, Page::Over, None).into())
    }

    /// Sends the visitor on.
    fn redirect(&self, visit: &Visit<'_>, link: &Link) -> PreparedResponse {
        let click = visit.is_click().then(|| self.commit.add(&self.capture.click(visit, &link.destination)));
        let location = &link.location;
        let forwarded = visit.query.filter(|_| link.forward_query).and_then(|query| forward(&location.url, query));
        let url = forwarded.unwrap_or_else(|| location.url.clone());
        let response = reply::redirect(location.status, url, self.app.cache_policy.of(location.status));
        PreparedResponse { response, click }
    }
}
