//! Every wire between two processes, each through a proxy that can break it, with a request that goes over it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use curtail_testkit::Proxy;
use serde_json::json;

use crate::account::Account;
use crate::platform::Platform;
use crate::visitor::Visitor;

/// A wire.
pub struct Edge {
    /// `gateway->links`
    pub name: &'static str,
    /// Who is at the near end of it.
    pub service: &'static str,
    /// The label of the circuit breaker that guards it, if one does.
    pub backend: Option<&'static str>,
    /// Whether requests go on without it.
    pub dispensable: bool,
    pub proxy: Proxy,
    pub request: Request,
}

/// A request that goes over one edge and, where that is possible, over no other that is broken meanwhile.
#[derive(Clone)]
pub enum Request {
    /// GraphQL.
    Ask(Arc<Account>, String),
    /// A visit of a code that the redirector has not seen yet, and that there is not.
    Visit(SocketAddr, Arc<AtomicU64>),
}

impl Request {
    /// Whether it was answered as it should be.
    pub async fn send(&self) -> bool {
        match self {
            Self::Ask(account, query) => {
                let reply = account.ask(query, json!({})).await;
                reply.status == 200 && reply.body["errors"].is_null()
            }
            Self::Visit(redirector, next) => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Ok(mut visitor) = Visitor::connect(*redirector).await else { return false };
                visitor.get(&format!("/cold{number}")).await.is_ok_and(|answer| answer.status == 404)
            }
        }
    }
}

/// Puts a proxy on every edge.
pub async fn lay(platform: &mut Platform, account: &Arc<Account>) -> Vec<Edge> {
    let link = account.create_links(1).await.remove(0);
    let one_link = format!("{{ link(id: \"{}\") {{ url }} }}", link.id);
    let ask = |query: &str| Request::Ask(account.clone(), query.to_owned());
    let visit = Request::Visit(platform.redirector, Arc::default());
    let gateway = [
        ("gateway->auth", "CURTAIL_RPC__AUTH_URL", Some("auth"), ask("{ viewer { sessions { id } } }")),
        ("gateway->links", "CURTAIL_RPC__LINKS_URL", Some("links"), ask(&one_link)),
        ("gateway->analytics", "CURTAIL_RPC__ANALYTICS_URL", Some("analytics"), ask("{ trendingLinks { clicks } }")),
        (
            "gateway->search",
            "CURTAIL_RPC__SEARCH_URL",
            Some("search"),
            ask("{ search(text: \"x\") { edges { score } } }"),
        ),
        ("gateway->notify", "CURTAIL_RPC__NOTIFY_URL", Some("notify"), ask("{ notificationPreferences { kind } }")),
        ("gateway->redis", "REDIS_URL", None, ask("{ version }")),
    ];
    let shortener = [("shortener->postgres", "DATABASE_URL", None, ask(&one_link))];
    let redirector = [
        ("redirector->links", "CURTAIL_RPC__LINKS_URL", Some("links"), visit.clone()),
        ("redirector->redis", "REDIS_URL", None, visit),
    ];
    let mut edges = Vec::new();
    for (service, wires) in
        [("gateway", Vec::from(gateway)), ("shortener", Vec::from(shortener)), ("redirector", Vec::from(redirector))]
    {
        let mut detours = Vec::new();
        for (name, variable, backend, request) in wires {
            let proxy = Proxy::start(platform.address(variable)).await.expect("a port");
            detours.push((variable, proxy.address()));
            edges.push(Edge { name, service, backend, dispensable: variable == "REDIS_URL", proxy, request });
        }
        platform.reroute(service, &detours).await;
    }
    edges
}
