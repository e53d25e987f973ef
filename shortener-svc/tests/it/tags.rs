//! Tags of a workspace.

use curtail_proto::links::v1::*;

use crate::app::*;

fn tagged(alias: &str, names: &[&str]) -> NewLink {
    NewLink { tags: names.iter().map(|name| (*name).to_owned()).collect(), ..aliased(alias) }
}

fn set(name: &str, color: &str) -> SetTagRequest {
    SetTagRequest { workspace_id: WORKSPACE, name: name.to_owned(), color: color.to_owned() }
}

#[tokio::test]
async fn tags_are_made_counted_and_coloured() {
    let app = TestApp::start().await;
    let editor = app.editor();
    editor.create(tagged("one", &["news", "blog"])).await.unwrap();
    let two = editor.create(tagged("two", &["news"])).await.unwrap();
    editor.set_tag(set("news", "#AA00FF")).await.unwrap();
    editor.set_tag(set("unused", "#000000")).await.unwrap();
    let list = async || {
        let answer = editor.list_tags(ListTagsRequest { workspace_id: WORKSPACE }).await.unwrap();
        answer.tags.into_iter().map(|tag| (tag.name, tag.link_count)).collect::<Vec<_>>()
    };
    let named =
        |tags: &[(&str, i64)]| tags.iter().map(|(name, links)| ((*name).to_owned(), *links)).collect::<Vec<_>>();
    assert_eq!(list().await, named(&[("blog", 1), ("news", 2), ("unused", 0)]));
    assert_eq!(editor.get(two.id).await.unwrap().tags[0].color, "#aa00ff");
    editor.delete(two.id).await.unwrap();
    assert_eq!(list().await, named(&[("blog", 1), ("news", 1), ("unused", 0)]));
    assert_eq!(why(editor.set_tag(set("news", "red")).await), is("INVALID", "COLOR_INVALID", "color"));
    assert_eq!(why(editor.set_tag(set(" ", "#000000")).await), is("INVALID", "TAG_EMPTY", "name"));
    app.stop().await;
}

#[tokio::test]
async fn a_workspace_has_a_thousand_tags_and_no_more() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let pool = app.database().await;
    sqlx::query(
        "INSERT INTO tags (workspace_id, name, color) SELECT $1, 't' || n, '#000000' FROM generate_series(1, 999) n",
    )
    .bind(WORKSPACE)
    .execute(&pool)
    .await
    .unwrap();
    let refused = is("QUOTA_EXCEEDED", "TAGS_PER_WORKSPACE", "tags");
    assert_eq!(why(editor.create(tagged("two", &["new1", "new2"])).await), refused);
    editor.create(tagged("one", &["new1"])).await.unwrap();
    assert_eq!(why(editor.create(tagged("more", &["new2"])).await), refused);
    assert_eq!(why(editor.set_tag(set("new2", "#000000")).await).1, "TAGS_PER_WORKSPACE");
    editor.create(tagged("known", &["t1", "t999"])).await.unwrap();
    editor.set_tag(set("t1", "#111111")).await.unwrap();
    app.stop().await;
}
