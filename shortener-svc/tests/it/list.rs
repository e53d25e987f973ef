//! Pages, orders and filters.

use curtail_proto::links::v1::*;

use crate::app::*;

fn page(sort: LinkSort, limit: u32) -> ListLinksRequest {
    ListLinksRequest { workspace_id: WORKSPACE, sort: sort.into(), limit, ..Default::default() }
}

fn codes(response: &ListLinksResponse) -> Vec<String> {
    response.entries.iter().map(|entry| entry.link.as_ref().unwrap().code.clone()).collect()
}

async fn filtered(client: &Client, filter: LinkFilter) -> Vec<String> {
    let request = ListLinksRequest { filter: Some(filter), ..page(LinkSort::CreatedAsc, 100) };
    codes(&client.list_links(request).await.unwrap())
}

#[tokio::test]
async fn pages_walk_both_ways_in_every_order() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let mut ids = Vec::new();
    for number in 0..11 {
        // Titles repeat, so that the id has to decide.
        let link = NewLink { title: format!("t{}", number % 3), ..aliased(&format!("c{number:02}")) };
        ids.push(editor.create(link).await.unwrap().id);
    }
    editor.update(ids[4], LinkPatch { notes: Some("n".to_owned()), ..Default::default() }).await.unwrap();
    for sort in [LinkSort::CreatedDesc, LinkSort::CreatedAsc, LinkSort::UpdatedDesc, LinkSort::TitleAsc] {
        let whole = codes(&editor.list_links(page(sort, 100)).await.unwrap());
        assert_eq!(whole.len(), 11, "{sort:?}");
        let (mut forwards, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = editor.list_links(ListLinksRequest { cursor, ..page(sort, 3) }).await.unwrap();
            forwards.extend(codes(&answer));
            cursor = answer.entries.last().unwrap().cursor.clone();
            if !answer.has_more {
                break;
            }
        }
        assert_eq!(forwards, whole, "{sort:?}");
        let mut backwards = vec![whole[10].clone()];
        loop {
            let request = ListLinksRequest { cursor, backwards: true, ..page(sort, 4) };
            let answer = editor.list_links(request).await.unwrap();
            backwards.splice(0..0, codes(&answer));
            cursor = answer.entries[0].cursor.clone();
            if !answer.has_more {
                break;
            }
        }
        assert_eq!(backwards, whole, "{sort:?}");
        // Without a cursor, backwards begins at the end.
        let last = editor.list_links(ListLinksRequest { backwards: true, ..page(sort, 2) }).await.unwrap();
        assert_eq!((codes(&last), last.has_more), (whole[9..].to_vec(), true), "{sort:?}");
    }
    let updated = codes(&editor.list_links(page(LinkSort::UpdatedDesc, 1)).await.unwrap());
    assert_eq!(updated, ["c04"]);
    app.stop().await;
}

#[tokio::test]
async fn filters_hold_together() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let start = app.clock.now();
    let tags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let a = editor.create(NewLink { tags: tags(&["x", "y"]), ..aliased("a") }).await.unwrap();
    app.clock.advance(time::Duration::SECOND);
    editor.create(NewLink { tags: tags(&["x"]), max_clicks: 1, ..aliased("b") }).await.unwrap();
    let other = app.user(9, &[(WORKSPACE, curtail_tokens::Role::Editor)], None);
    other.create(NewLink { alias: "c".to_owned(), ..to("https://other.example/?q=1") }).await.unwrap();
    let deleted = editor.create(aliased("d")).await.unwrap();
    editor.delete(deleted.id).await.unwrap();
    editor.update(a.id, LinkPatch { disabled: Some(true), ..Default::default() }).await.unwrap();

    let list = async |filter| filtered(&editor, filter).await;
    let at = |seconds: i64| Some(prost_types::Timestamp { seconds: start.unix_timestamp() + seconds, nanos: 0 });
    let states = |states: &[LinkState]| states.iter().map(|state| i32::from(*state)).collect::<Vec<_>>();
    assert_eq!(list(LinkFilter::default()).await, ["a", "b", "c"]);
    assert_eq!(list(LinkFilter { tags: tags(&["x"]), ..Default::default() }).await, ["a", "b"]);
    assert_eq!(list(LinkFilter { tags: tags(&["x", "y"]), ..Default::default() }).await, ["a"]);
    assert_eq!(list(LinkFilter { states: states(&[LinkState::Deleted]), ..Default::default() }).await, ["d"]);
    assert_eq!(list(LinkFilter { states: states(&[LinkState::Disabled]), ..Default::default() }).await, ["a"]);
    let both = states(&[LinkState::Active, LinkState::Deleted]);
    assert_eq!(list(LinkFilter { states: both, ..Default::default() }).await, ["b", "c", "d"]);
    assert_eq!(list(LinkFilter { creator_id: 9, ..Default::default() }).await, ["c"]);
    assert_eq!(list(LinkFilter { url: "HTTPS://OTHER.example?q=1".to_owned(), ..Default::default() }).await, ["c"]);
    assert_eq!(list(LinkFilter { domain: "127.0.0.1".to_owned(), ..Default::default() }).await, ["a", "b", "c"]);
    assert_eq!(list(LinkFilter { created_from: at(1), ..Default::default() }).await, ["b", "c"]);
    assert_eq!(list(LinkFilter { created_until: at(1), ..Default::default() }).await, ["a"]);
    assert_eq!(list(LinkFilter { created_until: at(0), ..Default::default() }).await, [""; 0]);
    app.stop().await;
}

#[tokio::test]
async fn states_in_sql_are_the_states_shown() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let at = |seconds: i64| {
        let at = app.clock.now() + time::Duration::seconds(seconds);
        Some(prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 })
    };
    for (number, (starts, expires, clicks)) in [
        (None, None, 0),
        (at(60), None, 0),
        (None, at(30), 0),
        (None, at(300), 1),
        (at(10), at(20), 1),
        (None, at(30), 1),
    ]
    .into_iter()
    .enumerate()
    {
        let alias = format!("s{number}");
        let new = NewLink { starts_at: starts, expires_at: expires, max_clicks: clicks, ..aliased(&alias) };
        let link = editor.create(new).await.unwrap();
        if clicks > 0 {
            app.service().click(link.id, 1).await.unwrap();
        }
    }
    let pool = app.database().await;
    sqlx::query("update links set block_reason = 'court order' where code = 's0'").execute(&pool).await.unwrap();
    for _ in 0..8 {
        for state in 1..=7 {
            let filter = Some(LinkFilter { states: vec![state], ..Default::default() });
            let answer =
                editor.list_links(ListLinksRequest { filter, ..page(LinkSort::CreatedAsc, 100) }).await.unwrap();
            for entry in answer.entries {
                assert_eq!(entry.link.unwrap().state, state);
            }
        }
        app.clock.advance(time::Duration::seconds(9));
    }
    app.stop().await;
}

#[tokio::test]
async fn bounds_and_cursors_are_checked() {
    let app = TestApp::start().await;
    let editor = app.editor();
    editor.create(aliased("a")).await.unwrap();
    editor.create(aliased("b")).await.unwrap();
    for limit in [1, 100] {
        editor.list_links(page(LinkSort::CreatedDesc, limit)).await.unwrap();
    }
    for limit in [0, 101, u32::MAX] {
        let refused = editor.list_links(page(LinkSort::CreatedDesc, limit)).await;
        assert_eq!(why(refused), is("INVALID", "LIMIT_RANGE", "limit"));
    }
    let first = editor.list_links(page(LinkSort::CreatedDesc, 1)).await.unwrap();
    let cursor = first.entries[0].cursor.clone();
    for (cursor, sort) in [(cursor, LinkSort::TitleAsc), ("nonsense".to_owned(), LinkSort::CreatedDesc)] {
        let refused = editor.list_links(ListLinksRequest { cursor, ..page(sort, 1) }).await;
        assert_eq!(why(refused), is("INVALID", "INVALID_CURSOR", "cursor"));
    }
    let state = LinkFilter { states: vec![99], ..Default::default() };
    let refused = editor.list_links(ListLinksRequest { filter: Some(state), ..page(LinkSort::CreatedDesc, 1) }).await;
    assert_eq!(why(refused), is("INVALID", "STATE_INVALID", "states"));
    let refused = editor.list_links(ListLinksRequest { sort: 77, ..page(LinkSort::CreatedDesc, 1) }).await;
    assert_eq!(why(refused), is("INVALID", "SORT_INVALID", "sort"));
    app.stop().await;
}

#[tokio::test]
async fn s36_metacharacters_mean_themselves() {
    let app = TestApp::start().await;
    let editor = app.editor();
    for (number, text) in
        ["'; drop table links; --", "%", "_", "\\", "\\'", "$1", "{}", "{a,b}", "\"", "' or '1'='1", "NULL", "💥"]
            .into_iter()
            .enumerate()
    {
        let created = editor
            .create(NewLink {
                title: text.to_owned(),
                notes: text.to_owned(),
                external_id: text.to_owned(),
                tags: vec![text.to_owned()],
                ..to(&format!("https://a.example/?n={number}&q={text}"))
            })
            .await
            .unwrap();
        assert_eq!((created.title.as_str(), created.tags[0].name.as_str()), (text, text));
        let by_tag = LinkFilter { tags: vec![text.to_owned()], ..Default::default() };
        assert_eq!(filtered(&editor, by_tag).await, [created.code.as_str()], "{text}");
        let by_url = LinkFilter { url: created.url.clone(), ..Default::default() };
        assert_eq!(filtered(&editor, by_url).await, [created.code.as_str()], "{text}");
    }
    for code in ["%", "_______", "' or 1=1 --", "\0", "*", "link:*"] {
        assert_eq!(why(editor.get_by_code(code).await), is("NOT_FOUND", "LINK_NOT_FOUND", ""), "{code:?}");
        assert!(app.service().resolve(code).await.is_none(), "{code:?}");
    }
    let odd = LinkFilter { tags: vec!["a\0".to_owned()], ..Default::default() };
    let refused = editor.list_links(ListLinksRequest { filter: Some(odd), ..page(LinkSort::CreatedDesc, 1) }).await;
    assert_eq!(why(refused), is("INVALID", "CONTROL_CHARACTER", "tags"));
    app.stop().await;
}

#[tokio::test]
async fn several_links_by_id() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let (a, b) = (editor.create(aliased("a")).await.unwrap(), editor.create(aliased("b")).await.unwrap());
    let ids = vec![b.id, 5, a.id, b.id];
    let found = editor.batch_get_links(BatchGetLinksRequest { ids }).await.unwrap().links;
    assert_eq!(found, [b, a]);
    editor.batch_get_links(BatchGetLinksRequest { ids: vec![1; 100] }).await.unwrap();
    let refused = editor.batch_get_links(BatchGetLinksRequest { ids: vec![1; 101] }).await;
    assert_eq!(why(refused), is("INVALID", "LIMIT_RANGE", "ids"));
    app.stop().await;
}
