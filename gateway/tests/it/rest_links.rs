//! Links over REST.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::platform::{Answer, Platform};
use crate::rest::{Account, assert_problem, field};

#[tokio::test]
async fn a_link_lives_from_post_to_restore() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let body = json!({"url": "HTTPS://Example.org/a", "alias": "first", "tags": ["news"], "expiresAt": "2099-01-01T00:00:00Z"});
    let made = ann.post("/v1/links", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let link = &made.body;
    assert_eq!(
        (&link["url"], &link["code"], &link["state"]),
        (&json!("https://example.org/a"), &json!("first"), &json!("ACTIVE"))
    );
    assert_eq!((&link["expiresAt"], &link["tags"][0]["name"]), (&json!("2099-01-01T00:00:00Z"), &json!("news")));
    assert_eq!(
        (&link["version"], &link["maxClicks"], &link["workspaceId"]),
        (&json!(1), &Value::Null, &json!(ann.workspace().await))
    );
    let path = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/v1/links/{}", link["id"].as_str().unwrap()));
    assert!(made.headers["etag"].to_str().unwrap().starts_with("\"1-"), "{made:?}");

    let read = ann.get(&path).await;
    assert_eq!((read.status.as_u16(), &read.body, &read.headers["etag"]), (200, link, &made.headers["etag"]));
    let patch = json!({"title": "A title", "expiresAt": null, "maxClicks": 5});
    let changed = Answer::of(ann.request(Method::PATCH, &path).json(&patch)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        (&changed.body["title"], &changed.body["expiresAt"], &changed.body["maxClicks"]),
        (&json!("A title"), &Value::Null, &json!(5))
    );
    assert_eq!(
        (&changed.body["tags"][0]["name"], &changed.body["version"]),
        (&json!("news"), &json!(2)),
        "what is left out stays"
    );

    let deleted = ann.delete(&path).await;
    assert_eq!((deleted.status.as_u16(), &deleted.body), (204, &json!("")));
    assert_eq!(ann.get(&path).await.body["state"], "DELETED");
    let restored = Answer::of(ann.request(Method::POST, &format!("{path}/restore"))).await;
    assert_eq!((restored.status.as_u16(), &restored.body["state"]), (200, &json!("ACTIVE")), "{restored:?}");

    let head = Answer::of(ann.request(Method::HEAD, &path)).await;
    assert_eq!((head.status.as_u16(), head.body), (200, json!("")));
}

#[tokio::test]
async fn conditions_decide_by_the_etag() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let made = ann.post("/v1/links", &json!({"url": "https://example.org/"})).await;
    let (path, tag) = (made.headers["location"].to_str().unwrap(), made.headers["etag"].to_str().unwrap());
    let send = async |request: RequestBuilder, name: &str, value: &str| Answer::of(request.header(name, value)).await;

    let same = send(ann.request(Method::GET, path), "if-none-match", tag).await;
    assert_eq!((same.status.as_u16(), &same.body, same.headers["etag"].to_str().unwrap()), (304, &json!(""), tag));
    assert_eq!(send(ann.request(Method::GET, path), "if-none-match", "\"1\"").await.status, 200);

    let patch = |title: &str| ann.request(Method::PATCH, path).json(&json!({"title": title}));
    assert_eq!(send(patch("two"), "if-match", tag).await.body["version"], 2);
    let behind = send(patch("three"), "if-match", tag).await;
    assert_problem(&behind, 412, "VERSION_MISMATCH", "VERSION_MISMATCH");
    assert_problem(&send(patch("three"), "if-match", "W/\"1\"").await, 412, "VERSION_MISMATCH", "VERSION_MISMATCH");
    assert_eq!(send(patch("three"), "if-match", "W/\"2\"").await.body["version"], 3, "a proxy made it weak");
    assert_eq!(send(patch("four"), "if-match", "*").await.body["version"], 4);
    assert_eq!(Answer::of(patch("five")).await.body["version"], 5, "without it, the last one wins");
    assert_eq!(ann.get(path).await.body["title"], "five");
    assert_eq!(send(ann.request(Method::GET, path), "if-none-match", tag).await.status, 200);

    let delete = || ann.request(Method::DELETE, path);
    assert_problem(&send(delete(), "if-match", "\"4\"").await, 412, "VERSION_MISMATCH", "VERSION_MISMATCH");
    assert_eq!(send(delete(), "if-match", "\"5\"").await.status, 204);
}

#[tokio::test]
async fn a_repeated_create_makes_nothing_twice() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let create = async |path: &str, key: &str, body: Value| {
        Answer::of(ann.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    };
    let url = json!({"url": "https://example.org/"});
    let (first, second) =
        (create("/v1/links", "k-1", url.clone()).await, create("/v1/links", "\"k-1\"", url.clone()).await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{second:?}");
    assert_eq!(first.body["id"], second.body["id"]);
    let other = create("/v1/links", "k-1", json!({"url": "https://example.org/other"})).await;
    assert_problem(&other, 409, "CONFLICT", "IDEMPOTENCY_KEY_REUSED");
    assert_ne!(create("/v1/links", "k-2", url.clone()).await.body["id"], first.body["id"]);
    assert_eq!(create("/v1/links", &"x".repeat(128), url.clone()).await.status, 201);
    for wrong in ["", "a b", &"x".repeat(129)] {
        let refused = create("/v1/links", wrong, url.clone()).await;
        assert_problem(&refused, 422, "INVALID", "IDEMPOTENCY_KEY_INVALID");
    }
    let (first, second) = (create("/shorten", "k-3", url.clone()).await, create("/shorten", "k-3", url.clone()).await);
    assert_eq!((first.status.as_u16(), &first.body), (201, &second.body));
    let many = json!({"links": [url.clone(), url.clone()]});
    let (first, second) =
        (create("/v1/links/bulk", "k-4", many.clone()).await, create("/v1/links/bulk", "k-4", many).await);
    assert_eq!(first.body["outcomes"][1]["link"]["id"], second.body["outcomes"][1]["link"]["id"]);

    let found = ann.post("/v1/links?findExisting=true", &url).await;
    assert_eq!(found.status, 200, "{found:?}");
    assert!(found.headers.contains_key("location"));
    assert_eq!(ann.get("/v1/links").await.body["data"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    for number in 0..5 {
        let tags: &[&str] = if number % 2 == 0 { &["even", "all"] } else { &["all"] };
        ann.link(
            &json!({"url": format!("https://example.org/{number}"), "alias": format!("page-{number}"), "tags": tags}),
        )
        .await;
    }
    let codes = |answer: &Answer| {
        let data = answer.body["data"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        data.iter().map(|link| link["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = ann.get("/v1/links?limit=2&tag=all").await;
    assert_eq!(codes(&first), ["page-4", "page-3"]);
    let next = first.headers["link"].to_str().unwrap();
    let (address, rel) = next.split_once(';').unwrap();
    let address = address.trim_start_matches('<').trim_end_matches('>');
    assert_eq!(rel.trim(), "rel=\"next\"");
    assert!(
        first.body["nextCursor"].is_string() && address.starts_with("/v1/links?limit=2&tag=all&cursor="),
        "{address}"
    );
    let second = ann.get(address).await;
    assert_eq!(codes(&second), ["page-2", "page-1"]);
    let third = ann.get(&format!("/v1/links?limit=2&cursor={}", second.body["nextCursor"].as_str().unwrap())).await;
    assert_eq!(codes(&third), ["page-0"]);
    assert!(third.body["nextCursor"].is_null() && !third.headers.contains_key("link"));

    assert_eq!(codes(&ann.get("/v1/links?tag=even&tag=all&sort=CREATED_ASC").await), ["page-0", "page-2", "page-4"]);
    assert_eq!(codes(&ann.get("/v1/links?url=https://example.org/3&state=ACTIVE&state=DISABLED").await), ["page-3"]);
    assert!(codes(&ann.get("/v1/links?state=DELETED").await).is_empty());
    for (query, status, code, name) in [
        ("limit=0", 422, "INVALID", "limit"),
        ("limit=101", 422, "INVALID", "limit"),
        ("cursor=noise", 422, "INVALID", "cursor"),
        ("limit=x", 400, "BAD_REQUEST", "limit"),
        ("state=GONE", 400, "BAD_REQUEST", "state[0]"),
        ("sort=RANDOM", 400, "BAD_REQUEST", "sort"),
        ("createdFrom=yesterday", 400, "BAD_REQUEST", "createdFrom"),
        ("first=3", 400, "BAD_REQUEST", "first"),
    ] {
        let refused = ann.get(&format!("/v1/links?{query}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["code"].as_str()),
            (status, Some(code)),
            "{query}: {refused:?}"
        );
        assert_eq!(field(&refused), name, "{query}");
    }
    for edge in ["limit=1", "limit=100"] {
        assert_eq!(ann.get(&format!("/v1/links?{edge}")).await.status, 200);
    }
}

#[tokio::test]
async fn each_link_of_a_bulk_create_has_an_outcome_of_its_own() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 1_000).await;
    let ann = Account::register(&platform, "ann").await;
    let links = json!([{"url": "https://example.org/a", "alias": "one"}, {"url": "javascript:alert(1)"}, {"url": "https://example.org/b"}]);
    let answer = ann.post("/v1/links/bulk", &json!({"links": links})).await;
    let outcomes = &answer.body["outcomes"];
    assert_eq!((answer.status.as_u16(), &outcomes[0]["link"]["code"]), (200, &json!("one")), "{answer:?}");
    assert_eq!(
        (&outcomes[1]["link"], &outcomes[1]["error"]["code"], &outcomes[1]["error"]["field"]),
        (&Value::Null, &json!("URL_SCHEME"), &json!("url"))
    );
    assert_eq!((&outcomes[2]["existed"], &outcomes[2]["error"]), (&json!(false), &Value::Null));

    let many = |count: usize| json!({"links": vec![json!({"url": "https://example.org/"}); count]});
    let most = ann.post("/v1/links/bulk", &many(1_000)).await;
    assert_eq!(most.body["outcomes"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(field(&ann.post("/v1/links/bulk", &many(1_001)).await), "links");
    assert_eq!(field(&ann.post("/v1/links/bulk", &many(0)).await), "links");
    let unknown =
        ann.post("/v1/links/bulk", &json!({"links": [{"url": "https://example.org/", "role": "owner"}]})).await;
    assert_eq!(field(&unknown), "links[0].role");
}

#[tokio::test]
async fn a_refused_link_says_which_field_and_why() {
    let platform = Platform::start(|config| config.plans.free.links_per_month = 2).await;
    let ann = Account::register(&platform, "ann").await;
    ann.link(&json!({"url": "https://example.org/", "alias": "taken"})).await;
    let clash = ann.post("/v1/links", &json!({"url": "https://example.org/", "alias": "taken"})).await;
    assert_problem(&clash, 409, "CONFLICT", "ALIAS_TAKEN");
    assert_eq!(field(&clash), "alias");
    assert!(!clash.body["errors"][0]["suggestions"].as_array().unwrap().is_empty(), "{clash:?}");
    let wrong = ann.post("/v1/links", &json!({"url": "javascript:alert(1)"})).await;
    assert_problem(&wrong, 422, "INVALID", "URL_SCHEME");
    ann.link(&json!({"url": "https://example.org/2"})).await;
    let over = ann.post("/v1/links", &json!({"url": "https://example.org/3"})).await;
    assert_problem(&over, 403, "QUOTA_EXCEEDED", "LINKS_PER_MONTH");
    // S19: what the platform decides is no field of a request.
    for name in ["id", "code", "version", "workspaceId", "creatorId", "state", "createdAt", "usedClicks", "domainId"] {
        let refused = ann.post("/v1/links", &json!({"url": "https://example.org/", name: "1"})).await;
        assert_problem(&refused, 400, "BAD_REQUEST", "UNKNOWN_FIELD");
        assert_eq!(field(&refused), name);
    }
}
