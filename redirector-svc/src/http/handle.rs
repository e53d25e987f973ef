//! From a request to an answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_edge::ClientIp;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use super::answering::Answering;
use super::host::HostError;
use super::reply::{self, Body, CachePolicy};
use super::{Hosts, Lane, path};
use crate::cache::{Cached, Key, KeyRef, Links, Look};
use crate::limits::Limits;
use crate::meters::Meters;
use crate::pages::{self, Page, Pages, negotiate};

/// What the visitor may try again after, when links can not be looked up.
const RETRY: Duration = Duration::from_secs(1);

/// Everything an answer can need, shared by all serving threads.
pub struct App {
    /// Which domain a request is for.
    pub hosts: Hosts,
    /// Who the client is.
    pub client_ip: ClientIp,
    /// How much a client may ask.
    pub limits: Limits,
    /// What is known about codes.
    pub links: Arc<Links>,
    /// What is said when there is no redirect.
    pub pages: Pages,
    /// How long redirects are kept.
    pub cache_policy: CachePolicy,
    /// The metrics of answers.
    pub meters: Arc<Meters>,
    /// Judges the times of links and dates clicks.
    pub clock: Clock,
}

/// Answers a request that came from `peer`.
pub fn answer<B>(lane: &Arc<Lane>, peer: IpAddr, request: Request<B>) -> Answering {
    let (parts, _) = request.into_parts();
    let app = &lane.app;
    let client = app.client_ip.resolve(peer, &parts.headers);
    match route(app, &parts, client) {
        Routed::Done(response) => Answering::of(app, response.into()),
        Routed::Link(cached) => match lane.visit(&parts, client, &cached) {
            Some(prepared) => Answering::of(app, prepared),
            None => later(lane, client, parts, async |_| Some(cached)),
        },
        Routed::Absent(key) => later(lane, client, parts, async |links| links.fetch(key).await.ok()),
        Routed::Trimmed(exact, trimmed) => later(lane, client, parts, async |links| trim(&links, exact, trimmed).await),
        Routed::Unverified(key, cached) => {
            later(lane, client, parts, async |links| Some(links.confirm(key, cached).await))
        }
    }
}

enum Routed {
    /// Answered without a link.
    Done(Response<Body>),
    /// This link answers.
    Link(Arc<Cached>),
    /// The link of the first code, or of the second if there is none.
    Trimmed(Key, Key),
    /// The link is not in the process.
    Absent(Key),
    /// The link is in the process and must be confirmed.
    Unverified(Key, Arc<Cached>),
}

fn route(app: &App, parts: &Parts, client: IpAddr) -> Routed {
    if let Err(wait) = app.limits.request(client) {
        return Routed::Done(app.page(parts, Page::TooMany, Some(wait)));
    }
    let domain = match app.hosts.domain(&parts.uri, &parts.headers) {
        Ok(domain) => domain,
        Err(HostError::Malformed) => return Routed::Done(app.page(parts, Page::BadRequest, None)),
        Err(HostError::Misdirected) => return Routed::Done(app.page(parts, Page::Misdirected, None)),
    };
    // Whether a link takes POST depends on its status.
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::POST) {
        return Routed::Done(app.page(parts, Page::MethodNotAllowed, None));
    }
    let reads = parts.method != Method::POST;
    match parts.uri.path() {
        curtail_routes::redirector::ROBOTS if reads => {
            return Routed::Done(reply::file("text/plain; charset=utf-8", pages::ROBOTS));
        }
        curtail_routes::redirector::FAVICON if reads => {
            return Routed::Done(reply::file("image/svg+xml", pages::FAVICON));
        }
        curtail_routes::redirector::STYLE if reads => {
            return Routed::Done(reply::file("text/css; charset=utf-8", pages::STYLE));
        }
        _ => {}
    }
    let Some(codes) = path::codes(parts.uri.path()) else {
        return Routed::Done(app.not_found(parts, client, Page::Unknown));
    };
    let key = KeyRef { domain, code: &codes.exact };
    if let Some(trimmed) = &codes.trimmed {
        return Routed::Trimmed(key.to_key(), KeyRef { domain, code: trimmed }.to_key());
    }
    match app.links.look(key) {
        Look::Here(cached) => Routed::Link(cached),
        Look::Absent => Routed::Absent(key.to_key()),
        Look::Unverified(cached) => Routed::Unverified(key.to_key(), cached),
    }
}

/// The link of `exact`; the one of `trimmed` if that exists and the other never did.
async fn trim(links: &Arc<Links>, exact: Key, trimmed: Key) -> Option<Arc<Cached>> {
    let cached = lookup(links, exact).await?;
    if cached.entry.known.is_some() {
        return Some(cached);
    }
    let without = lookup(links, trimmed).await?;
    Some(if without.entry.known.is_some() { without } else { cached })
}

/// What is known of a code. `None`: no answer in time.
async fn lookup(links: &Arc<Links>, key: Key) -> Option<Arc<Cached>> {
    match links.look(key.as_ref()) {
        Look::Here(cached) => Some(cached),
        Look::Absent => links.fetch(key).await.ok(),
        Look::Unverified(cached) => Some(links.confirm(key, cached).await),
    }
}

/// Answers once `find` has the link.
fn later<F, Fut>(lane: &Arc<Lane>, client: IpAddr, parts: Parts, find: F) -> Answering
where
    F: FnOnce(Arc<Links>) -> Fut + Send + 'static,
    Fut: Future<Output = Option<Arc<Cached>>> + Send,
{
    let lane = lane.clone();
    Answering::Later(Box::pin(async move {
        let prepared = match find(lane.app.links.clone()).await {
            Some(cached) => lane.visit_limited(&parts, client, &cached).await,
            None => lane.app.page(&parts, Page::Unavailable, Some(RETRY)).into(),
        };
        Answering::of(&lane.app, prepared).await
    }))
}

impl App {
    /// A page in the form that the client wants.
    pub(super) fn page(&self, parts: &Parts, page: Page, retry_after: Option<Duration>) -> Response<Body> {
        self.page_with_reason(parts, page, retry_after, "")
    }

    /// [`Page::Blocked`] with the operator's reason.
    pub(super) fn page_with_reason(
        &self,
        parts: &Parts,
        page: Page,
        retry: Option<Duration>,
        reason: &str,
    ) -> Response<Body> {
        let form = negotiate(&parts.headers);
        reply::page(page, form, self.pages.body(page, form, reason), retry)
    }

    /// The page of a code that leads nowhere, which counts against the client's budget.
    pub(super) fn not_found(&self, parts: &Parts, client: IpAddr, page: Page) -> Response<Body> {
        debug_assert_eq!(page.status(), StatusCode::NOT_FOUND);
        match self.limits.not_found(client) {
            Ok(()) => self.page(parts, page, None),
            Err(wait) => self.page(parts, Page::TooMany, Some(wait)),
        }
    }
}
