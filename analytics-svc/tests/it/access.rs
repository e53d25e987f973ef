//! Who sees what. S18: every RPC for every kind of caller; S37: no one without a token.

use std::time::{Duration, Instant};

use curtail_proto::analytics::v1::{
    AnalyticsScope, BatchGetTotalsRequest, ExportClicksRequest, LinkKey, QueryAnalyticsRequest, TrendingLinksRequest,
};
use curtail_rpc::{CallContext, Code, Error};
use curtail_testkit::until;
use curtail_tokens::{Role, Scope};

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, Who, World, ms, question};

const STRANGE: i64 = 71;

async fn world() -> World {
    let world = World::start().await;
    let clicks = vec![click(WORKSPACE, 1, ms(NOW) - 60_000, 1), click(STRANGE, 2, ms(NOW) - 60_000, 1)];
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:0", &producer.batch(1, 2)).await;
    until(async || producer.counted(&world.redis).await == 2, Duration::from_secs(20), "counted").await;
    world
}

fn who(role: Role, workspace: i64, scopes: Option<Vec<Scope>>) -> Who {
    Who { role, workspace, scopes }
}

fn of(workspace_id: i64) -> QueryAnalyticsRequest {
    let scope = Some(AnalyticsScope { workspace_id, of: None });
    QueryAnalyticsRequest { scope, ..question(NOW - time::Duration::hours(1), NOW) }
}

fn export(workspace_id: i64) -> ExportClicksRequest {
    let QueryAnalyticsRequest { scope, from, until, .. } = of(workspace_id);
    ExportClicksRequest { scope, from, until, limit: 10, ..ExportClicksRequest::default() }
}

fn trending(workspace_id: i64) -> TrendingLinksRequest {
    TrendingLinksRequest { workspace_id, window_seconds: 3_600, limit: 10 }
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_members_see_their_workspace_and_no_other() {
    let world = world().await;
    let member = Some(Code::NotFound);
    let callers = [
        // Who, what they hear about their own workspace, what about another.
        (who(Role::Viewer, WORKSPACE, None), None, member),
        (who(Role::Editor, WORKSPACE, None), None, member),
        (who(Role::Admin, WORKSPACE, None), None, member),
        (who(Role::Owner, WORKSPACE, None), None, member),
        (who(Role::Viewer, WORKSPACE, Some(vec![Scope::Analytics])), None, member),
        (who(Role::Viewer, WORKSPACE, Some(vec![Scope::Read])), None, member),
        (who(Role::Owner, WORKSPACE, Some(vec![])), Some(Code::Forbidden), member),
    ];
    for (caller, own, other) in callers {
        for (workspace, expected) in [(WORKSPACE, own), (STRANGE, other), (0, other), (-1, other)] {
            let asked = world.client().query_analytics(world.request_as(&caller, of(workspace))).await;
            assert_eq!(asked.err().map(|status| Error::from_status(&status).code), expected, "query {workspace}");
            let asked = world.client().export_clicks(world.request_as(&caller, export(workspace))).await;
            assert_eq!(asked.err().map(|status| Error::from_status(&status).code), expected, "export {workspace}");
            let asked = world.client().trending_links(world.request_as(&caller, trending(workspace))).await;
            assert_eq!(asked.err().map(|status| Error::from_status(&status).code), expected, "trending {workspace}");
        }
        let links = [(1, WORKSPACE), (2, STRANGE), (2, WORKSPACE)]
            .map(|(link_id, workspace_id)| LinkKey { link_id, workspace_id });
        let request = BatchGetTotalsRequest { links: links.to_vec() };
        let totals =
            world.client().batch_get_totals(world.request_as(&caller, request)).await.unwrap().into_inner().totals;
        let seen: Vec<_> = totals.iter().map(|t| (t.link_id, t.totals.map(|t| t.clicks))).collect();
        // A link that is said to be in the own workspace has no clicks there.
        let visible = if own.is_none() { vec![(1, Some(1)), (2, Some(0))] } else { vec![] };
        assert_eq!(seen, visible, "totals");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_a_strange_link_has_no_clicks_in_ones_own_workspace() {
    let world = world().await;
    let mut request = of(WORKSPACE);
    request.scope.as_mut().unwrap().of = Some(curtail_proto::analytics::v1::analytics_scope::Of::LinkId(2));
    assert_eq!(world.query(request).await.unwrap().totals.unwrap().clicks, 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_see_what_trends_everywhere_and_nothing_else() {
    let world = world().await;
    let service = CallContext::new(Instant::now() + Duration::from_secs(10));
    let everywhere = world.client().trending_links(service.request(trending(0))).await.unwrap().into_inner().links;
    assert_eq!(everywhere.len(), 2);
    let status = world.client().query_analytics(service.request(of(WORKSPACE))).await.unwrap_err();
    assert_eq!(Error::from_status(&status).code, Code::Unauthenticated);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_a_call_without_a_valid_token_is_refused() {
    let world = world().await;
    let context = CallContext::new(Instant::now() + Duration::from_secs(10));
    let foreign = curtail_tokens::SigningKey::from_seed([6; 32]);
    let claims = curtail_tokens::Claims {
        subject: curtail_tokens::Subject::User(1),
        session_id: Some(1),
        api_key_id: None,
        issued_at: NOW,
        expires_at: NOW + time::Duration::minutes(1),
        workspaces: vec![curtail_tokens::Membership {
            id: WORKSPACE,
            role: Role::Owner,
            plan: curtail_tokens::Plan::Pro,
        }],
        scopes: Vec::new(),
        platform_admin: true,
        token_id: "forged".into(),
    };
    let forged = curtail_tokens::sign(&foreign, curtail_tokens::Purpose::Internal, &claims).unwrap();
    for token in ["x".to_owned(), String::new(), forged] {
        let request = context.on_behalf_of(token).request(of(WORKSPACE));
        let status = world.client().query_analytics(request).await.unwrap_err();
        assert_eq!(Error::from_status(&status).code, Code::Unauthenticated);
    }
    world.stop().await;
}
