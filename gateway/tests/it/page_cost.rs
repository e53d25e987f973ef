//! What a page costs behind the gateway.

use std::time::{Duration, Instant};

use async_graphql::Request;
use curtail_clock::Clock;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::auth::v1::{Client, ExchangeRequest, exchange_request::Credential};
use curtail_rpc::{CallContext, ServiceIdentity};
use gateway::live::LiveFeeds;
use gateway::request::{Principal, RequestContext};
use gateway::schema;
use gateway::upstreams::Upstreams;
use serde_json::json;

use crate::platform::Platform;

const PAGE: &str =
    "{ links(first: 50) { edges { node { code totals { clicks humans } clicks } } pageInfo { hasNextPage } } }";
const WITH_CREATOR: &str = "{ links(first: 50) { edges { node { code totals { clicks } creator { fullName } } } } }";

/// A caller as the HTTP layer would find it, and the clients that it would use.
async fn caller(platform: &Platform, access_token: &str) -> (RequestContext, Upstreams) {
    let rpc = &platform.config.rpc;
    let identity = ServiceIdentity::new("gateway", &rpc.service_key, Clock::system());
    let connect = |name, url: &str| curtail_rpc::connect(name, url, rpc, identity.clone()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let request = ExchangeRequest { credential: Some(Credential::AccessToken(access_token.to_owned())), client: None };
    let mut auth = AuthServiceClient::new(connect("auth", &rpc.auth_url));
    let token = auth.exchange(CallContext::new(deadline).request(request)).await.unwrap().into_inner().internal_token;
    let (internal_token, workspaces) = (token.as_str().into(), Vec::new().into());
    let principal = Principal {
        user_id: 1,
        session_id: None,
        api_key_id: None,
        internal_token,
        workspaces,
        scopes: Vec::new().into(),
        platform_admin: false,
    };
    let call = CallContext::new(deadline).on_behalf_of(token);
    let context = RequestContext::new(Some(principal), Client::default(), call, None);
    let (links, analytics) = (connect("links", &rpc.links_url), connect("analytics", &rpc.analytics_url));
    let (notify, search) = (connect("notify", &rpc.notify_url), connect("search", &rpc.search_url));
    (context, Upstreams::new(connect("auth", &rpc.auth_url), links, analytics, notify, search))
}

#[tokio::test]
async fn fifty_links_with_their_totals_cost_two_rpcs() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let urls: Vec<_> = (0..50).map(|n| json!({"url": format!("https://example.org/{n}")})).collect();
    let made = platform
        .as_page(
            &cookies,
            "mutation($input: CreateLinksInput!) { createLinks(input: $input) { outcomes { link { id } } userErrors { code } } }",
            json!({"input": {"links": urls}}),
        )
        .await;
    assert_eq!(made.body["data"]["createLinks"]["outcomes"].as_array().map(Vec::len), Some(50), "{made:?}");

    let viewer = platform.as_page(&cookies, "{ viewer { workspaces { id } } }", json!({})).await;
    let workspace = viewer.body["data"]["viewer"]["workspaces"][0]["id"].as_str().unwrap().to_owned();
    let access = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-curtail_access=")).unwrap();
    for (query, rpcs) in [(PAGE, 2), (WITH_CREATOR, 3)] {
        let (context, upstreams) = caller(&platform, access).await;
        let query = query.replace("first: 50", &format!("workspaceId: \"{workspace}\", first: 50"));
        let request = schema::attach(Request::new(query).data(context.clone()), &upstreams, &context);
        let feeds = LiveFeeds::new(&upstreams);
        let answer = schema::build(upstreams, feeds, false).execute(request).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        let page = answer.data.into_json().unwrap();
        let edges = page["links"]["edges"].as_array().unwrap();
        assert_eq!(edges.len(), 50);
        assert!(edges.iter().all(|edge| edge["node"]["totals"]["clicks"] == 0));
        assert_eq!(context.rpc_count(), rpcs);
    }
}
