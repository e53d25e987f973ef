//! Creating and finding links.

use std::collections::HashSet;

use curtail_proto::links::v1::*;
use futures_util::future::join_all;
use prost_types::Timestamp;

use crate::app::*;

#[tokio::test]
async fn a_link_is_created_as_entered_and_found_by_id_and_code() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let now = app.clock.now().unix_timestamp();
    let at = |seconds| Some(Timestamp { seconds, nanos: 5_000 });
    let created = editor
        .create(NewLink {
            url: "HTTPS://Bücher.example/a b".to_owned(),
            alias: "e\u{301}te\u{301}".to_owned(),
            title: "Summer".to_owned(),
            description: "Two\nlines".to_owned(),
            notes: "n".to_owned(),
            external_id: "x-1".to_owned(),
            tags: vec!["news".to_owned(), "a".to_owned()],
            starts_at: at(now + 10),
            expires_at: at(now + 20),
            max_clicks: 3,
            redirect_status: 307,
            forward_query: true,
            fallback_url: "https://fallback.example".to_owned(),
            ..NewLink::default()
        })
        .await
        .unwrap();
    assert_eq!(created.url, "https://xn--bcher-kva.example/a%20b");
    assert_eq!(created.short_url, "http://localhost:8081/%C3%A9t%C3%A9");
    assert_eq!(created.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["a", "news"]);
    assert_eq!((created.state(), created.version, created.creator_id), (LinkState::Scheduled, 1, 1));
    assert_eq!((created.redirect_status, created.forward_query, created.max_clicks), (307, true, 3));
    assert_eq!(created.starts_at, at(now + 10));
    assert_eq!(created.fallback_url, "https://fallback.example/");
    assert_eq!(editor.get(created.id).await.unwrap(), created);
    assert_eq!(editor.get_by_code("été").await.unwrap(), created);
    assert_eq!(editor.get_by_code("e\u{301}te\u{301}").await.unwrap(), created);
    let target = app.service().resolve("été").await.unwrap();
    assert_eq!((target.link_id, target.version, target.url), (created.id, 1, created.url));
    app.stop().await;
}

#[tokio::test]
async fn random_codes_are_seven_characters_on_the_wanted_domain() {
    let app = TestApp::configured(|config| config.domains.additional = vec!["go.example".to_owned()]).await;
    let editor = app.editor();
    let link = editor.create(NewLink { domain: "GO.example".to_owned(), ..to("https://a.example") }).await.unwrap();
    assert_eq!((link.code.len(), link.domain.as_str()), (7, "go.example"));
    assert_eq!(link.short_url, format!("http://go.example:8081/{}", link.code));
    let both = join_all(
        ["", "go.example"].map(|domain| editor.create(NewLink { domain: domain.to_owned(), ..aliased("same") })),
    );
    assert!(both.await.iter().all(Result::is_ok), "codes are unique per domain only");
    app.stop().await;
}

#[tokio::test]
async fn refusals_name_the_field_on_the_wire() {
    let app = TestApp::start().await;
    let editor = app.editor();
    for (link, reason, field) in [
        (to(""), "URL_REQUIRED", "url"),
        (to("javascript:alert(1)"), "URL_SCHEME", "url"),
        (to("http://localhost:8081/x"), "URL_OWN_DOMAIN", "url"),
        (to(&format!("https://a.example/{}", "a".repeat(8_192))), "URL_TOO_LONG", "url"),
        (aliased("graphql"), "ALIAS_RESERVED", "alias"),
        (aliased("a b"), "ALIAS_INVALID", "alias"),
        (NewLink { domain: "other.example".to_owned(), ..aliased("x") }, "UNKNOWN_DOMAIN", "domain"),
        (NewLink { title: "t".repeat(301), ..aliased("x") }, "TOO_LONG", "title"),
        (NewLink { tags: vec!["t".to_owned(); 21], ..aliased("x") }, "TOO_MANY_TAGS", "tags"),
    ] {
        assert_eq!(why(editor.create(link).await), is("INVALID", reason, field));
    }
    let nothing = CreateLinkRequest { workspace_id: WORKSPACE, ..Default::default() };
    assert_eq!(why(editor.create_link(nothing).await), is("INVALID", "URL_REQUIRED", "url"));
    app.stop().await;
}

#[tokio::test]
async fn a_taken_alias_comes_with_free_suggestions_and_stays_taken_after_deletion() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let first = editor.create(aliased("summer")).await.unwrap();
    editor.create(aliased("summer-2")).await.unwrap();
    editor.delete(first.id).await.unwrap();
    let error = editor.create(aliased("summer")).await.unwrap_err();
    let suggestions: Vec<String> = serde_json::from_str(&error.metadata["suggestions"]).unwrap();
    assert_eq!(why(Err::<(), _>(error)), is("CONFLICT", "ALIAS_TAKEN", "alias"));
    assert_eq!(suggestions[..2], ["summer-3", "summer-4"]);
    assert_eq!(suggestions.len(), 3);
    for alias in suggestions {
        editor.create(aliased(&alias)).await.unwrap();
    }
    app.stop().await;
}

#[tokio::test]
async fn one_alias_wanted_by_fifty_has_one_winner() {
    let app = TestApp::start().await;
    let results = join_all((0..50).map(|user| {
        let client = app.user(user, &[(WORKSPACE, curtail_tokens::Role::Editor)], None);
        async move { client.create(aliased("wanted")).await }
    }))
    .await;
    let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(app.editor().get_by_code("wanted").await.unwrap().id, winners[0].id);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(why(result), is("CONFLICT", "ALIAS_TAKEN", "alias"));
    }
    app.stop().await;
}

/// Always draws the same code of a length.
struct Constant;

impl rand::TryRng for Constant {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::MAX / 3)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::MAX / 3)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(0);
        Ok(())
    }
}

impl rand::TryCryptoRng for Constant {}

#[tokio::test]
async fn a_taken_random_code_is_drawn_again_and_grows() {
    let app = TestApp::with(|_| {}, curtail_clock::Clock::system(), Box::new(Constant)).await;
    let editor = app.editor();
    let mut lengths = Vec::new();
    for _ in 0..3 {
        lengths.push(editor.create(to("https://a.example")).await.unwrap().code.len());
    }
    assert_eq!(lengths, [7, 8, 9]);
    app.stop().await;
}

#[tokio::test]
async fn the_plan_bounds_the_links_of_a_month() {
    let app = TestApp::configured(|config| config.plans.free.links_per_month = 3).await;
    let editor = app.editor();
    for _ in 0..3 {
        editor.create(to("https://a.example")).await.unwrap();
    }
    assert_eq!(why(editor.create(to("https://a.example")).await), is("QUOTA_EXCEEDED", "LINKS_PER_MONTH", ""));
    assert_eq!(why(editor.create(aliased("free")).await).1, "LINKS_PER_MONTH");
    assert_eq!(why(editor.get_by_code("free").await).0, "NOT_FOUND");
    let other =
        CreateLinkRequest { workspace_id: OTHER_WORKSPACE, link: Some(to("https://a.example")), ..Default::default() };
    app.stranger().create_link(other).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn find_or_create_gives_back_the_oldest_live_link() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let find = |link: NewLink| {
        let editor = editor.clone();
        let request =
            CreateLinkRequest { workspace_id: WORKSPACE, link: Some(link), find_existing: true, ..Default::default() };
        async move { editor.create_link(request).await.unwrap() }
    };
    let first = editor.create(to("https://a.example")).await.unwrap();
    editor.create(to("https://a.example")).await.unwrap();
    let found = find(to("HTTPS://A.example/")).await;
    assert_eq!((found.existed, found.link.unwrap().id), (true, first.id));
    assert!(!find(NewLink { alias: "own".to_owned(), ..to("https://a.example") }).await.existed);
    assert!(find(NewLink { alias: "own".to_owned(), ..to("https://a.example") }).await.existed);
    let lonely = find(to("https://b.example")).await.link.unwrap();
    editor.delete(lonely.id).await.unwrap();
    assert!(!find(to("https://b.example")).await.existed, "deleted links are not given back");
    // Thirty at once make one.
    let ids: HashSet<i64> = join_all((0..30).map(|_| find(to("https://c.example"))))
        .await
        .into_iter()
        .map(|r| r.link.unwrap().id)
        .collect();
    assert_eq!(ids.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn links_lie_in_the_partition_of_their_month() {
    let app = TestApp::start().await;
    let link = app.editor().create(to("https://a.example")).await.unwrap();
    let pool = app.database().await;
    let partition: String = sqlx::query_scalar("select tableoid::regclass::text from links where id = $1")
        .bind(link.id)
        .fetch_one(&pool)
        .await
        .unwrap();
    let now = app.clock.now();
    assert_eq!(partition, format!("links_{:04}{:02}", now.year(), u8::from(now.month())));
    let partitions: i64 = sqlx::query_scalar("select count(*) from pg_inherits where inhparent = 'links'::regclass")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(partitions, 5, "last month, this month and three ahead");
    app.stop().await;
}
