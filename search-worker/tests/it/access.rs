//! Who may search what.

use curtail_proto::search::v1::*;
use curtail_rpc::Code;
use curtail_tokens::{Role, Scope};

use crate::world::*;

#[tokio::test]
async fn s18_a_search_never_leaves_the_workspace() {
    let world = World::start().await;
    let theirs = curtail_proto::links::v1::Link {
        workspace_id: OTHER_WORKSPACE,
        tags: tags(&["secret"]),
        ..link(1, "Spring sale")
    };
    world.publish(&theirs).await;
    world.publish(&link(2, "Spring party")).await;
    world.finds("spring", &[2]).await;
    let all = world.ask(asking("")).await.unwrap();
    assert_eq!((all.total, all.hits.len()), (1, 1));
    assert!(all.facets.iter().all(|facet| facet.name != "tag"), "not even a tag of theirs is counted: {all:?}");

    for role in [Role::Viewer, Role::Owner] {
        let request = world.request_as(OTHER_WORKSPACE, role, None, asking("spring"));
        let error = curtail_rpc::Error::from_status(&world.client().search_links(request).await.unwrap_err());
        assert_eq!((error.code, error.reason.as_ref()), (Code::NotFound, "WORKSPACE_NOT_FOUND"));
    }
    world.stop().await;
}

#[tokio::test]
async fn s18_viewers_and_read_keys_search_and_other_keys_do_not() {
    let world = World::start().await;
    for scopes in [None, Some(&[Scope::Read][..])] {
        let request = world.request_as(WORKSPACE, Role::Viewer, scopes, asking(""));
        assert!(world.client().search_links(request).await.is_ok());
    }
    let request = world.request_as(WORKSPACE, Role::Owner, Some(&[Scope::Analytics]), asking(""));
    let error = curtail_rpc::Error::from_status(&world.client().search_links(request).await.unwrap_err());
    assert_eq!(error.code, Code::Forbidden);
    world.stop().await;
}

#[tokio::test]
async fn s37_services_and_users_do_not_stand_in_for_each_other() {
    let world = World::start().await;
    let mut client = world.client();
    let searched = client.search_links(world.service_request(asking(""))).await.unwrap_err();
    assert_eq!(curtail_rpc::Error::from_status(&searched).code, Code::Unauthenticated);
    let started = client.start_reindex(world.request(WORKSPACE, StartReindexRequest {})).await.unwrap_err();
    assert_eq!(curtail_rpc::Error::from_status(&started).code, Code::Forbidden);
    let told = client.get_reindex(world.request(WORKSPACE, GetReindexRequest {})).await.unwrap_err();
    assert_eq!(curtail_rpc::Error::from_status(&told).code, Code::Forbidden);
    world.stop().await;
}
