//! Many creates at once.

use curtail_proto::links::v1::batch_create_links_response::{Outcome, outcome::Result as Ending};
use curtail_proto::links::v1::*;

use crate::app::*;

fn bulk(links: Vec<NewLink>) -> BatchCreateLinksRequest {
    BatchCreateLinksRequest { workspace_id: WORKSPACE, links, ..Default::default() }
}

fn link(outcome: &Outcome) -> &Link {
    match outcome.result.as_ref().unwrap() {
        Ending::Link(link) => link,
        Ending::Problem(problem) => panic!("{problem:?}"),
    }
}

fn problem(outcome: &Outcome) -> &Problem {
    match outcome.result.as_ref().unwrap() {
        Ending::Problem(problem) => problem,
        Ending::Link(link) => panic!("{link:?}"),
    }
}

#[tokio::test]
async fn each_item_has_an_outcome_of_its_own() {
    let app = TestApp::start().await;
    let editor = app.editor();
    editor.create(aliased("taken")).await.unwrap();
    let tags = vec!["x".to_owned(), "y".to_owned()];
    let links = vec![
        NewLink {
            tags,
            max_clicks: 4,
            redirect_status: 308,
            title: "T \"q\" \\".to_owned(),
            ..to("https://a.example")
        },
        to("javascript:alert(1)"),
        aliased("taken"),
        aliased("mine"),
        aliased("mine"),
        NewLink { tags: vec!["x".to_owned()], ..to("https://b.example") },
    ];
    let outcomes = editor.batch_create_links(bulk(links)).await.unwrap().outcomes;
    assert_eq!(outcomes.len(), 6);
    assert_eq!((problem(&outcomes[1]).reason.as_str(), problem(&outcomes[1]).field.as_str()), ("URL_SCHEME", "url"));
    for place in [2, 4] {
        let problem = problem(&outcomes[place]);
        assert_eq!((problem.code.as_str(), problem.reason.as_str()), ("CONFLICT", "ALIAS_TAKEN"));
        assert_eq!(problem.suggestions.len(), 3);
    }
    for place in [0, 3, 5] {
        let link = link(&outcomes[place]);
        assert_eq!(editor.get(link.id).await.unwrap(), *link, "{place}");
    }
    assert_eq!(editor.get_by_code("mine").await.unwrap(), *link(&outcomes[3]));
    app.stop().await;
}

#[tokio::test]
async fn a_thousand_links_and_one_more() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let links = |count: usize| (0..count).map(|n| to(&format!("https://a.example/{n}"))).collect::<Vec<_>>();
    let outcomes = editor.batch_create_links(bulk(links(1_000))).await.unwrap().outcomes;
    assert_eq!(outcomes.len(), 1_000);
    assert!((0..1_000).all(|n| link(&outcomes[n]).url == format!("https://a.example/{n}")));
    for count in [0, 1_001] {
        let refused = editor.batch_create_links(bulk(links(count))).await;
        assert_eq!(why(refused), is("INVALID", "BATCH_SIZE", "links"));
    }
    // The free plan has none left.
    let outcomes = editor.batch_create_links(bulk(links(2))).await.unwrap().outcomes;
    assert!(outcomes.iter().all(|outcome| problem(outcome).reason == "LINKS_PER_MONTH"));
    app.stop().await;
}

#[tokio::test]
async fn equal_destinations_are_found_also_inside_of_the_batch() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let old = editor.create(to("https://old.example")).await.unwrap();
    let links = ["https://old.example", "https://new.example", "https://NEW.example/", "https://new.example"].map(to);
    let request = BatchCreateLinksRequest { find_existing: true, ..bulk(links.into()) };
    let outcomes = editor.batch_create_links(request).await.unwrap().outcomes;
    assert_eq!(outcomes.iter().map(|outcome| outcome.existed).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!(link(&outcomes[0]).id, old.id);
    assert!((2..4).all(|place| link(&outcomes[place]).id == link(&outcomes[1]).id));
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_key_answers_as_the_first_time() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let request = |url: &str| BatchCreateLinksRequest {
        idempotency_key: "k".to_owned(),
        ..bulk(vec![to(url), to("ftp://x.example")])
    };
    let first = editor.batch_create_links(request("https://a.example")).await.unwrap();
    let again = editor.batch_create_links(request("https://a.example")).await.unwrap();
    assert_eq!(link(&again.outcomes[0]), link(&first.outcomes[0]));
    assert_eq!((again.outcomes[0].existed, again.outcomes[1].existed), (true, false));
    let other = editor.batch_create_links(request("https://b.example")).await;
    assert_eq!(why(other), is("CONFLICT", "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
    app.stop().await;
}

#[tokio::test]
async fn batches_that_want_the_same_aliases_do_not_block_each_other() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let up: Vec<_> = (0..50).map(|n| aliased(&format!("a{n:02}"))).collect();
    let down: Vec<_> = up.iter().rev().cloned().collect();
    let batches = (0..8).map(|n| editor.batch_create_links(bulk(if n % 2 == 0 { up.clone() } else { down.clone() })));
    let mut created = 0;
    for answer in futures_util::future::join_all(batches).await {
        let outcomes = answer.unwrap().outcomes;
        created += outcomes.iter().filter(|outcome| matches!(outcome.result, Some(Ending::Link(_)))).count();
    }
    assert_eq!(created, 50);
    app.stop().await;
}
