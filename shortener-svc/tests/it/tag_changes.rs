//! Tags renamed, merged and deleted, and tags that differ only in case.

use curtail_proto::links::v1::*;

use crate::app::*;

fn tagged(alias: &str, names: &[&str]) -> NewLink {
    NewLink { tags: names.iter().map(|name| (*name).to_owned()).collect(), ..aliased(alias) }
}

fn rename(name: &str, new_name: &str) -> RenameTagRequest {
    RenameTagRequest { workspace_id: WORKSPACE, name: name.to_owned(), new_name: new_name.to_owned() }
}

fn merge(names: &[&str], into: &str) -> MergeTagsRequest {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    MergeTagsRequest { workspace_id: WORKSPACE, names, into: into.to_owned() }
}

fn delete(name: &str) -> DeleteTagRequest {
    DeleteTagRequest { workspace_id: WORKSPACE, name: name.to_owned() }
}

async fn tags(editor: &Client) -> Vec<(String, i64)> {
    let answer = editor.list_tags(ListTagsRequest { workspace_id: WORKSPACE }).await.unwrap();
    answer.tags.into_iter().map(|tag| (tag.name, tag.link_count)).collect()
}

async fn names(editor: &Client, id: i64) -> Vec<String> {
    editor.get(id).await.unwrap().tags.into_iter().map(|tag| tag.name).collect()
}

#[tokio::test]
async fn a_renamed_tag_is_renamed_on_every_link_with_version_and_colour() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let one = editor.create(tagged("one", &["news", "z"])).await.unwrap();
    let two = editor.create(tagged("two", &["news"])).await.unwrap();
    let color = one.tags[0].color.clone();
    let answer = editor.rename_tag(rename("NEWS", "Updates")).await.unwrap();
    assert_eq!((answer.links, answer.tag.unwrap().name.as_str()), (2, "Updates"));
    let changed = editor.get(one.id).await.unwrap();
    assert_eq!((changed.version, changed.tags[0].name.as_str()), (2, "Updates"));
    assert_eq!(changed.tags[0].color, color);
    // Another spelling is a new name too.
    editor.rename_tag(rename("updates", "UPDATES")).await.unwrap();
    assert_eq!(names(&editor, two.id).await, ["UPDATES"]);
    assert_eq!(editor.rename_tag(rename("updates", "UPDATES")).await.unwrap().links, 0);
    assert_eq!(why(editor.rename_tag(rename("updates", "Z")).await), is("CONFLICT", "TAG_EXISTS", "newName"));
    assert_eq!(why(editor.rename_tag(rename("news", "x")).await), is("NOT_FOUND", "TAG_NOT_FOUND", "name"));
    assert_eq!(why(editor.rename_tag(rename("z", " ")).await), is("INVALID", "TAG_EMPTY", "newName"));
    app.stop().await;
}

#[tokio::test]
async fn merged_and_deleted_tags_are_gone_from_every_link() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let one = editor.create(tagged("one", &["a", "b", "c"])).await.unwrap();
    let two = editor.create(tagged("two", &["b"])).await.unwrap();
    let three = editor.create(tagged("three", &["c"])).await.unwrap();
    let answer = editor.merge_tags(merge(&["a", "B", "all"], "all")).await;
    assert_eq!(answer.unwrap().links, 2);
    assert_eq!(names(&editor, one.id).await, ["all", "c"]);
    assert_eq!(names(&editor, two.id).await, ["all"]);
    assert_eq!(editor.get(three.id).await.unwrap().version, 1);
    assert_eq!(tags(&editor).await, [("all".to_owned(), 2), ("c".to_owned(), 2)]);
    assert_eq!(editor.delete_tag(delete("C")).await.unwrap().links, 2);
    assert_eq!((names(&editor, one.id).await, names(&editor, three.id).await), (vec!["all".to_owned()], vec![]));
    assert_eq!(tags(&editor).await, [("all".to_owned(), 2)]);
    assert_eq!(why(editor.delete_tag(delete("c")).await), is("NOT_FOUND", "TAG_NOT_FOUND", "name"));
    assert_eq!(why(editor.merge_tags(merge(&["c"], "all")).await), is("NOT_FOUND", "TAG_NOT_FOUND", "names"));
    for count in [0, 21] {
        assert_eq!(why(editor.merge_tags(merge(&vec!["x"; count], "all")).await), is("INVALID", "TAG_COUNT", "names"));
    }
    app.stop().await;
}

#[tokio::test]
async fn tags_that_differ_only_in_case_are_one_spelled_as_first_made() {
    let app = TestApp::start().await;
    let editor = app.editor();
    editor.create(tagged("one", &["News"])).await.unwrap();
    let two = editor.create(tagged("two", &["news", "NEWS"])).await.unwrap();
    assert_eq!(names(&editor, two.id).await, ["News"]);
    assert_eq!(tags(&editor).await, [("News".to_owned(), 2)]);
    let patch = LinkPatch { tags: Some(TagList { names: vec!["nEwS".to_owned()] }), ..LinkPatch::default() };
    assert_eq!(editor.update(two.id, patch).await.unwrap().version, 1, "another spelling is no change");
    let request = SetTagRequest { workspace_id: WORKSPACE, name: "news".to_owned(), color: "#abcdef".to_owned() };
    assert_eq!(editor.set_tag(request).await.unwrap().tag.unwrap().name, "News");
    let filter = Some(LinkFilter { tags: vec!["NEWS".to_owned()], ..LinkFilter::default() });
    let request = ListLinksRequest { workspace_id: WORKSPACE, filter, limit: 10, ..Default::default() };
    assert_eq!(editor.list_links(request).await.unwrap().entries.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn tags_of_an_earlier_version_are_merged_at_the_start() {
    let mut app = TestApp::start().await;
    let editor = app.editor();
    let [one, two, three] = [("one", "news"), ("two", "x"), ("three", "y")].map(|(alias, tag)| tagged(alias, &[tag]));
    let one = editor.create(one).await.unwrap();
    let two = editor.create(two).await.unwrap();
    let three = editor.create(three).await.unwrap();
    let pool = app.database().await;
    for sql in [
        "UPDATE tags SET name = 'News', key = NULL WHERE name = 'x'",
        "UPDATE tags SET name = 'NEWS', key = NULL WHERE name = 'y'",
        "UPDATE tags SET key = NULL",
        "UPDATE links SET tags = '{News}' WHERE tags = '{x}'",
        "UPDATE links SET tags = '{News}' WHERE tags = '{y}'",
        "DELETE FROM tags WHERE name = 'NEWS'",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    app = app.restart().await;
    let editor = app.editor();
    let merged = async || tags(&editor).await == [("News".to_owned(), 3)];
    curtail_testkit::until(merged, std::time::Duration::from_secs(10), "the tags are merged").await;
    for (link, version) in [(&one, 2), (&two, 1), (&three, 1)] {
        let now = editor.get(link.id).await.unwrap();
        assert_eq!((now.version, now.tags[0].name.as_str()), (version, "News"));
    }
    app.stop().await;
}
