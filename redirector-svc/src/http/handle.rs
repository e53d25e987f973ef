//! From a request to its response.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_edge::ClientIp;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use super::host::HostError;
use super::reply::{self, Body, CachePolicy};
use super::response_future::ResponseFuture;
use super::{Hosts, Worker, path};
use crate::cache::{CacheLookup, CachedLink, Key, KeyRef, Links};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pages::{self, Page, Pages, negotiate};

/// When the visitor may try again if links cannot be looked up.
const RETRY: Duration = Duration::from_secs(1);

/// What all serving threads share.
pub struct App {
    /// Finds the domain of a request.
    pub hosts: Hosts,
    /// Finds the client's address.
    pub client_ip: ClientIp,
    /// Limits per client.
    pub limits: Limits,
    /// The cache of links.
    pub links: Arc<Links>,
    /// The pages for what is no redirect.
    pub pages: Pages,
    /// How long browsers keep redirects.
    pub cache_policy: CachePolicy,
    /// The metrics of responses.
    pub metrics: Arc<Metrics>,
    /// For the times of links and clicks.
    pub clock: Clock,
}

/// Answers a request that came from `peer`.
pub fn answer<B>(worker: &Arc<Worker>, peer: IpAddr, request: Request<B>) -> ResponseFuture {
    let (parts, _) = request.into_parts();
    let app = &worker.app;
    let client = app.client_ip.resolve(peer, &parts.headers);
    match route(app, &parts, client) {
        Route::Done(response) => ResponseFuture::of(app, response.into()),
        Route::Link(cached) => match worker.visit(&parts, client, &cached) {
            Some(prepared) => ResponseFuture::of(app, prepared),
            None => later(worker, client, parts, async |_| Some(cached)),
        },
        Route::Miss(key) => later(worker, client, parts, async |links| links.fetch(key).await.ok()),
        Route::Trimmed(exact, trimmed) => {
            later(worker, client, parts, async |links| trim(&links, exact, trimmed).await)
        }
        Route::Stale(key, cached) => later(worker, client, parts, async |links| Some(links.confirm(key, cached).await)),
    }
}

enum Route {
    /// Answered without a link.
    Done(Response<Body>),
    /// This link answers.
    Link(Arc<CachedLink>),
    /// The link of the first code, or of the second if there is none.
    Trimmed(Key, Key),
    /// The link is not in the process.
    Miss(Key),
    /// The link is in the process and must be confirmed.
    Stale(Key, Arc<CachedLink>),
}

fn route(app: &App, parts: &Parts, client: IpAddr) -> Route {
    if let Err(wait) = app.limits.request(client) {
        return Route::Done(app.page(parts, Page::TooMany, Some(wait)));
    }
    let domain = match app.hosts.domain(&parts.uri, &parts.headers) {
        Ok(domain) => domain,
        Err(HostError::Malformed) => return Route::Done(app.page(parts, Page::BadRequest, None)),
        Err(HostError::Misdirected) => return Route::Done(app.page(parts, Page::Misdirected, None)),
    };
    // Whether a link takes POST depends on its status.
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::POST) {
        return Route::Done(app.page(parts, Page::MethodNotAllowed, None));
    }
    let reads = parts.method != Method::POST;
    match parts.uri.path() {
        curtail_routes::redirector::ROBOTS if reads => {
            return Route::Done(reply::file("text/plain; charset=utf-8", pages::ROBOTS));
        }
        curtail_routes::redirector::FAVICON if reads => {
            return Route::Done(reply::file("image/svg+xml", pages::FAVICON));
        }
        curtail_routes::redirector::STYLE if reads => {
            return Route::Done(reply::file("text/css; charset=utf-8", pages::STYLE));
        }
        _ => {}
    }
    let Some(codes) = path::codes(parts.uri.path()) else {
        return Route::Done(app.not_found(parts, client, Page::Unknown));
    };
    let key = KeyRef { domain, code: &codes.exact };
    if let Some(trimmed) = &codes.trimmed {
        return Route::Trimmed(key.to_key(), KeyRef { domain, code: trimmed }.to_key());
    }
    match app.links.peek(key) {
        CacheLookup::Hit(cached) => Route::Link(cached),
        CacheLookup::Miss => Route::Miss(key.to_key()),
        CacheLookup::Stale(cached) => Route::Stale(key.to_key(), cached),
    }
}

/// The link of `exact`; the one of `trimmed` if that exists and the other never did.
async fn trim(links: &Arc<Links>, exact: Key, trimmed: Key) -> Option<Arc<CachedLink>> {
    let cached = lookup(links, exact).await?;
    if cached.entry.link.is_some() {
        return Some(cached);
    }
    let without = lookup(links, trimmed).await?;
    Some(if without.entry.link.is_some() { without } else { cached })
}

/// What is known of a code. `None`: no answer in time.
async fn lookup(links: &Arc<Links>, key: Key) -> Option<Arc<CachedLink>> {
    match links.peek(key.as_ref()) {
        CacheLookup::Hit(cached) => Some(cached),
        CacheLookup::Miss => links.fetch(key).await.ok(),
        CacheLookup::Stale(cached) => Some(links.confirm(key, cached).await),
    }
}

/// Answers once `find` has the link.
fn later<F, Fut>(worker: &Arc<Worker>, client: IpAddr, parts: Parts, find: F) -> ResponseFuture
where
    F: FnOnce(Arc<Links>) -> Fut + Send + 'static,
    Fut: Future<Output = Option<Arc<CachedLink>>> + Send,
{
    let worker = worker.clone();
    ResponseFuture::Later(Box::pin(async move {
        let prepared = match find(worker.app.links.clone()).await {
            Some(cached) => worker.visit_limited(&parts, client, &cached).await,
            None => worker.app.page(&parts, Page::Unavailable, Some(RETRY)).into(),
        };
        ResponseFuture::of(&worker.app, prepared).await
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

    /// The page of an unknown code. It counts against the client's budget.
    pub(super) fn not_found(&self, parts: &Parts, client: IpAddr, page: Page) -> Response<Body> {
        debug_assert_eq!(page.status(), StatusCode::NOT_FOUND);
        match self.limits.not_found(client) {
            Ok(()) => self.page(parts, page, None),
            Err(wait) => self.page(parts, Page::TooMany, Some(wait)),
        }
    }
}
