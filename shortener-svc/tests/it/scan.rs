//! All links, for services that keep a copy.

use curtail_proto::links::v1::*;

use crate::app::*;

/// All pages of `limit` links.
async fn scan(client: &Client, limit: u32) -> (Vec<Link>, usize) {
    let (mut links, mut pages, mut after_id) = (Vec::new(), 0, 0);
    loop {
        let page = client.scan_links(ScanLinksRequest { after_id, limit }).await.unwrap();
        (pages, after_id) = (pages + 1, page.next_after_id);
        links.extend(page.links);
        if after_id == 0 {
            return (links, pages);
        }
    }
}

#[tokio::test]
async fn a_scan_has_every_link_of_every_workspace_once() {
    let app = TestApp::start().await;
    let (editor, stranger) = (app.editor(), app.stranger());
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(editor.create(to(&format!("https://site.example/{number}"))).await.unwrap().id);
    }
    let link = Some(to("https://other.example/"));
    let request = CreateLinkRequest { workspace_id: OTHER_WORKSPACE, link, ..Default::default() };
    made.push(stranger.create_link(request).await.unwrap().link.unwrap().id);
    editor.delete(made[0]).await.unwrap();
    for limit in [2, 3, 6, 1000] {
        let (links, _) = scan(&app.service(), limit).await;
        assert_eq!(links.iter().map(|link| link.id).collect::<Vec<_>>(), made, "{limit}");
        assert!(links[0].deleted_at.is_some() && links[1].deleted_at.is_none());
    }
    app.stop().await;
}

#[tokio::test]
async fn large_links_come_in_smaller_pages() {
    let app = TestApp::configured(|config| config.rpc.max_message_bytes = 40_000).await;
    for _ in 0..6 {
        app.editor().create(NewLink { notes: "n".repeat(5_000), ..to("https://site.example/") }).await.unwrap();
    }
    let (links, pages) = scan(&app.service(), 6).await;
    assert_eq!((links.len(), pages > 1), (6, true), "{pages}");
    app.stop().await;
}

#[tokio::test]
async fn a_page_has_1_to_1000_links() {
    let app = TestApp::start().await;
    let ask = async |limit| app.service().scan_links(ScanLinksRequest { after_id: 0, limit }).await;
    assert!(ask(1).await.is_ok() && ask(1_000).await.is_ok());
    for limit in [0, 1_001] {
        assert_eq!(why(ask(limit).await), is("INVALID", "LIMIT_RANGE", "limit"));
    }
    app.stop().await;
}
