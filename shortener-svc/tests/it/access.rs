//! Who may do what.

use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::*;
use curtail_tokens::{Role, Scope};

use crate::app::*;

/// Every RPC that users may call, on the link `id` of [`WORKSPACE`]: its name, whether it only reads, and its outcome.
async fn try_all(client: &Client, id: i64, version: i64) -> Vec<(&'static str, bool, Result<(), curtail_rpc::Error>)> {
    let workspace_id = WORKSPACE;
    let new = CreateLinkRequest { workspace_id, link: Some(to("https://a.example")), ..Default::default() };
    let bulk = BatchCreateLinksRequest { workspace_id, links: vec![to("https://a.example")], ..Default::default() };
    let patch = Some(LinkPatch { notes: Some("n".to_owned()), ..Default::default() });
    let tag = SetTagRequest { workspace_id, name: "t".to_owned(), color: "#000000".to_owned() };
    let list = ListLinksRequest { workspace_id, limit: 1, ..Default::default() };
    vec![
        ("get by id", true, client.get(id).await.map(drop)),
        ("get by code", true, client.get_by_code("target").await.map(drop)),
        ("list", true, client.list_links(list).await.map(drop)),
        ("list tags", true, client.list_tags(ListTagsRequest { workspace_id }).await.map(drop)),
        ("watch", true, client.watch(workspace_id, 0).await.map(drop)),
        ("create", false, client.create_link(new).await.map(drop)),
        ("bulk create", false, client.batch_create_links(bulk).await.map(drop)),
        ("update", false, client.update_link(UpdateLinkRequest { id, version: 0, patch }).await.map(drop)),
        ("delete", false, client.delete_link(DeleteLinkRequest { id, version }).await.map(drop)),
        ("restore", false, client.restore_link(RestoreLinkRequest { id }).await.map(drop)),
        ("set tag", false, client.set_tag(tag).await.map(drop)),
    ]
}

#[tokio::test]
async fn s18_another_workspace_is_not_found_by_any_rpc() {
    let app = TestApp::start().await;
    let link = app.editor().create(aliased("target")).await.unwrap();
    let nobody = app.user(3, &[], None);
    let key = app.user(2, &[(OTHER_WORKSPACE, Role::Owner)], Some(&[Scope::Admin]));
    for client in [app.stranger(), nobody, key] {
        // A wrong version too: it must not tell that the link exists.
        for (rpc, _, result) in try_all(&client, link.id, 99).await {
            assert_eq!(result.expect_err(rpc).code, curtail_rpc::Code::NotFound, "{rpc}");
        }
        let found = client.batch_get_links(BatchGetLinksRequest { ids: vec![link.id] }).await.unwrap();
        assert_eq!(found.links, []);
        // The answers for a link of others and for none are equal to the letter.
        let (theirs, none) = (client.get(link.id).await.unwrap_err(), client.get(4).await.unwrap_err());
        assert_eq!((theirs.reason, theirs.message), (none.reason, none.message));
    }
    assert_eq!(app.editor().get(link.id).await.unwrap(), link, "nothing happened to it");
    app.stop().await;
}

#[tokio::test]
async fn s18_viewers_and_read_keys_only_read() {
    let app = TestApp::start().await;
    let link = app.editor().create(aliased("target")).await.unwrap();
    let viewer = app.user(3, &[(WORKSPACE, Role::Viewer)], None);
    let read_key = app.user(3, &[(WORKSPACE, Role::Owner)], Some(&[Scope::Read]));
    for client in [viewer, read_key] {
        for (rpc, reads, result) in try_all(&client, link.id, 0).await {
            match result {
                Ok(()) => assert!(reads, "{rpc}"),
                Err(error) => assert_eq!((error.code, reads), (curtail_rpc::Code::Forbidden, false), "{rpc}"),
            }
        }
    }
    let no_key = app.user(3, &[(WORKSPACE, Role::Owner)], Some(&[Scope::Analytics]));
    for (rpc, _, result) in try_all(&no_key, link.id, 0).await {
        assert_eq!(result.expect_err(rpc).code, curtail_rpc::Code::Forbidden, "{rpc}");
    }
    for role in [Role::Editor, Role::Admin, Role::Owner] {
        let version = app.editor().get(link.id).await.unwrap().version;
        for (rpc, _, result) in try_all(&app.user(3, &[(WORKSPACE, role)], None), link.id, 0).await {
            result.unwrap_or_else(|error| panic!("{rpc} as {role:?} at {version}: {error:?}"));
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn s37_services_and_users_do_not_stand_in_for_each_other() {
    let app = TestApp::start().await;
    let link = app.editor().create(aliased("target")).await.unwrap();
    for (rpc, _, result) in try_all(&app.service(), link.id, 0).await {
        assert_eq!(result.expect_err(rpc).code, curtail_rpc::Code::Unauthenticated, "{rpc}");
    }
    let owner = app.user(3, &[(WORKSPACE, Role::Owner)], None);
    let resolve = ResolveLinkRequest { domain: String::new(), code: "target".to_owned() };
    assert!(owner.resolve_link(resolve).await.is_err());
    assert!(owner.click(link.id, 1).await.is_err());
    assert!(owner.expire_links(ExpireLinksRequest { limit: 1 }).await.is_err());
    assert!(owner.warn_expiring(WarnExpiringRequest { within_seconds: 1, limit: 1 }).await.is_err());
    assert!(owner.archive_links(ArchiveLinksRequest { deleted_days: 1, limit: 1 }).await.is_err());
    assert!(owner.scan_links(ScanLinksRequest { after_id: 0, limit: 1 }).await.is_err());
    app.stop().await;
}

#[tokio::test]
async fn s37_an_unsigned_call_is_refused() {
    let app = TestApp::start().await;
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", app.running.addr)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a caller that is none of ours")]
    let mut client = LinkServiceClient::new(endpoint.connect_lazy());
    let refused = client.list_links(ListLinksRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    let refused = client.resolve_link(ResolveLinkRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    app.stop().await;
}
