//! Creates that arrive at the same time and are written together.

use std::collections::HashMap;

use curtail_proto::links::v1::CreateLinkRequest;
use futures_util::future::join_all;

use crate::app::*;

#[tokio::test]
async fn each_create_of_a_crowd_gets_the_answer_that_it_would_get_alone() {
    let app = TestApp::start().await;
    let (editor, stranger) = (app.editor(), app.stranger());
    let ours = join_all((0..200).map(|n| {
        let editor = editor.clone();
        async move { editor.create(aliased(&format!("crowd-{}", n % 150))).await }
    }));
    let theirs = join_all((0..200).map(|_| {
        let stranger = stranger.clone();
        let link = Some(to("https://b.example"));
        let request = CreateLinkRequest { workspace_id: OTHER_WORKSPACE, link, ..Default::default() };
        async move { stranger.create_link(request).await }
    }));
    let (ours, theirs) = tokio::join!(ours, theirs);

    let mut winners = HashMap::new();
    for result in ours {
        match result {
            Ok(link) => assert!(winners.insert(link.code.clone(), link).is_none(), "a code has one winner"),
            refused => assert_eq!(why(refused), is("CONFLICT", "ALIAS_TAKEN", "alias")),
        }
    }
    assert_eq!(winners.len(), 150);
    for (code, link) in winners {
        assert_eq!(editor.get_by_code(&code).await.unwrap(), link);
    }
    assert!(theirs.iter().all(Result::is_ok));

    let pool = app.database().await;
    let count = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool);
    assert_eq!(count("select count(*) from links").await.unwrap(), 350);
    assert_eq!(count("select count(distinct event_id) from outbox").await.unwrap(), 350);
    let commits = count("select count(distinct xmin::text) from links").await.unwrap();
    assert!(commits < 350, "some were written together");
    for (workspace, links) in [(WORKSPACE, 150), (OTHER_WORKSPACE, 200)] {
        let used = sqlx::query_scalar::<_, i64>("select sum(links)::bigint from usage where workspace_id = $1");
        assert_eq!(used.bind(workspace).fetch_one(&pool).await.unwrap(), links);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_crowd_reaches_the_quota_and_stops_there() {
    const QUOTA: usize = 100;
    let app = TestApp::configured(|config| config.plans.free.links_per_month = QUOTA as u64).await;
    let editor = app.editor();
    let results = join_all((0..150).map(|_| editor.create(to("https://a.example")))).await;
    let created = results.iter().filter(|result| result.is_ok()).count();
    // Soft by as many as are written at the same moment, never below.
    assert!((QUOTA..QUOTA + 20).contains(&created), "{created}");
    for refused in results.into_iter().filter(Result::is_err) {
        assert_eq!(why(refused), is("QUOTA_EXCEEDED", "LINKS_PER_MONTH", ""));
    }
    assert_eq!(why(editor.create(to("https://a.example")).await).1, "LINKS_PER_MONTH");
    app.stop().await;
}
