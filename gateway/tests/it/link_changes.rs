//! The subscription `linkChanged`: what of which links it tells to whom, and what it outlives.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::events::Events;
use crate::members::{ACCEPT, invite, team};
use crate::platform::Platform;
use crate::socket::{CLICKS, Redirector, Socket, access, workspace};

const CHANGES: &str = "subscription($workspace: ID, $link: ID) { linkChanged(workspaceId: $workspace, linkId: $link) \
                       { id at kind linkId version skipped link { id url state } } }";

/// Creates a link in the workspace, or the first one; its id.
async fn create(platform: &Platform, cookies: &str, workspace: Option<&str>, url: &str) -> String {
    let query = "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { code } } }";
    let input = json!({"input": {"workspaceId": workspace, "url": url}});
    let made = platform.as_page(cookies, query, input).await;
    made.body["data"]["createLink"]["link"]["id"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned()
}

/// Changes a link in the way that `mutation` says; its version since.
async fn change(platform: &Platform, cookies: &str, mutation: &str) -> i64 {
    let query = format!("mutation {{ {mutation} {{ link {{ version }} userErrors {{ code }} }} }}");
    let answer = platform.as_page(cookies, &query, json!({})).await;
    let payload = answer.body["data"].as_object().and_then(|data| data.values().next());
    payload.and_then(|payload| payload["link"]["version"].as_i64()).unwrap_or_else(|| panic!("{mutation}: {answer:?}"))
}

async fn rename(platform: &Platform, cookies: &str, link: &str, title: &str) -> i64 {
    change(platform, cookies, &format!("updateLink(input: {{id: \"{link}\", title: \"{title}\"}})")).await
}

/// Waits until the subscription has begun: `probe` makes a change that it tells of (the link and its version), and is made again
/// until one is told. Nothing is left to be told afterwards.
async fn begun(socket: &mut Socket, id: &str, mut probe: impl AsyncFnMut() -> (String, i64)) {
    for _ in 0..100 {
        let (link, version) = probe().await;
        while let Ok(message) = tokio::time::timeout(Duration::from_millis(300), socket.hear()).await {
            let seen = told(&message, id);
            if seen["linkId"] == json!(link) && seen["version"] == json!(version) {
                return;
            }
        }
    }
    panic!("the subscription does not begin");
}

/// The change in a message of this operation.
fn told(message: &Value, id: &str) -> Value {
    assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
    assert_eq!(message["payload"]["errors"], Value::Null, "{message}");
    message["payload"]["data"]["linkChanged"].clone()
}

#[tokio::test]
async fn changes_are_told_within_a_second_by_socket_and_by_event_stream() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut events = Events::of(&platform, access(&ann), "subscription { linkChanged { kind linkId } }").await;
    let probes = async {
        loop {
            create(&platform, &ann, None, "https://example.org/probe").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        first = events.next() => assert_eq!(first.unwrap().0, "next"),
        () = probes => {}
    }
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("all", CHANGES, json!({})).await;
    begun(&mut socket, "all", async || (create(&platform, &ann, None, "https://example.org/probe").await, 1)).await;

    let start = Instant::now();
    let link = create(&platform, &ann, None, "https://example.org/a").await;
    let first = told(&socket.hear().await, "all");
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    assert_eq!(
        (&first["kind"], &first["linkId"], &first["version"], &first["skipped"]),
        (&json!("CREATED"), &json!(link), &json!(1), &json!(0))
    );
    assert_eq!(first["link"], json!({"id": link, "url": "https://example.org/a", "state": "ACTIVE"}));
    assert!(first["at"].is_string() && first["id"].is_string());

    for (mutation, kind, version, state) in [
        ("updateLink(input: {id: \"ID\", title: \"T\"})", "UPDATED", 2, json!("ACTIVE")),
        ("updateLink(input: {id: \"ID\", disabled: true})", "DISABLED", 3, json!("DISABLED")),
        ("deleteLink(id: \"ID\")", "DELETED", 4, Value::Null),
        ("restoreLink(id: \"ID\")", "RESTORED", 5, json!("DISABLED")),
    ] {
        change(&platform, &ann, &mutation.replace("ID", &link)).await;
        let seen = told(&socket.hear().await, "all");
        assert_eq!((&seen["kind"], &seen["version"]), (&json!(kind), &json!(version)), "{mutation}");
        assert_eq!(seen["link"]["state"], state, "{mutation}");
        assert_eq!(seen["link"].is_null(), kind == "DELETED");
    }
    let mut kinds = Vec::new();
    while kinds.last() != Some(&json!("RESTORED")) {
        let (name, data) = events.next().await.unwrap();
        assert_eq!(name, "next", "{data}");
        if data["data"]["linkChanged"]["linkId"] == json!(link) {
            kinds.push(data["data"]["linkChanged"]["kind"].clone());
        }
    }
    assert_eq!(kinds, ["CREATED", "UPDATED", "DISABLED", "DELETED", "RESTORED"]);
}

#[tokio::test]
async fn s18_changes_of_another_workspace_are_never_told() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let home = workspace(&platform, &ann).await;
    let secret = create(&platform, &ann, None, "https://example.org/secret").await;
    let mut socket = Socket::of(&platform, access(&bob)).await;
    for strange in [home.to_string(), "0".into(), "nonsense".into()] {
        socket.subscribe("1", CHANGES, json!({"workspace": strange})).await;
        let message = socket.hear().await;
        assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
        assert_eq!(socket.hear().await["type"], "complete");
    }
    socket.subscribe("theirs", CHANGES, json!({"link": secret})).await;
    socket.subscribe("none", CHANGES, json!({"link": "nonsense"})).await;
    socket.subscribe("own", CHANGES, json!({})).await;
    begun(&mut socket, "own", async || (create(&platform, &bob, None, "https://example.org/probe").await, 1)).await;
    rename(&platform, &ann, &secret, "T").await;
    create(&platform, &ann, None, "https://example.org/more").await;
    let own = create(&platform, &bob, None, "https://example.org/own").await;
    assert_eq!(told(&socket.hear().await, "own")["linkId"], json!(own));
    // Published after all the others: had they been told, it would have been by now.
    create(&platform, &bob, None, "https://example.org/last").await;
    assert_eq!(told(&socket.hear().await, "own")["kind"], "CREATED");

    let mut nobody = Socket::open(&platform, &[]).await.unwrap();
    nobody.say(json!({"type": "connection_init"})).await;
    assert_eq!(nobody.hear().await["type"], "connection_ack");
    nobody.subscribe("1", CHANGES, json!({})).await;
    assert_eq!(nobody.hear().await["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn who_watches_one_link_hears_of_no_other() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let one = create(&platform, &ann, None, "https://example.org/1").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("one", CHANGES, json!({"link": one})).await;
    let mut titles = 0..;
    let mut probe = async || {
        let title = titles.next().unwrap_or(0).to_string();
        (one.clone(), rename(&platform, &ann, &one, &title).await)
    };
    begun(&mut socket, "one", &mut probe).await;
    create(&platform, &ann, None, "https://example.org/2").await;
    change(&platform, &ann, &format!("deleteLink(id: \"{one}\")")).await;
    let seen = told(&socket.hear().await, "one");
    assert_eq!((&seen["linkId"], &seen["kind"]), (&json!(one), &json!("DELETED")));
}

/// What belongs to the link is asked for when a change comes: neither the token nor the time nor the answers of the request that
/// began the subscription count then.
#[tokio::test]
async fn fields_of_the_link_are_read_anew_with_each_change() {
    let platform = Platform::start(|config| {
        config.auth.internal_token_seconds = 5;
        config.gateway.request_timeout_ms = 1000;
    })
    .await;
    let ann = platform.register("ann").await;
    let home = workspace(&platform, &ann).await;
    let link = create(&platform, &ann, None, "https://example.org/1").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    let query = "subscription { linkChanged { linkId version link { totals { clicks } creator { fullName } } } }";
    socket.subscribe("1", query, json!({})).await;
    let mut titles = 0..;
    let query_probe = async || {
        let title = titles.next().unwrap_or(0).to_string();
        (link.clone(), rename(&platform, &ann, &link, &title).await)
    };
    begun(&mut socket, "1", query_probe).await;
    rename(&platform, &ann, &link, "a").await;
    let seen = told(&socket.hear().await, "1");
    assert_eq!(seen["link"], json!({"totals": {"clicks": 0}, "creator": {"fullName": "ann"}}));

    Redirector::new(&platform, 1).await.click(home, link.parse().unwrap(), 2).await;
    let totals = "query($id: ID!) { link(id: $id) { totals { clicks } } }";
    let counted = async || {
        let answer = platform.as_page(&ann, totals, json!({"id": link})).await;
        answer.body["data"]["link"]["totals"]["clicks"] == 2
    };
    curtail_testkit::until(counted, Duration::from_secs(10), "the clicks are counted").await;
    // Longer than an internal token lives.
    tokio::time::sleep(Duration::from_secs(6)).await;
    rename(&platform, &ann, &link, "b").await;
    let seen = told(&socket.hear().await, "1");
    assert_eq!(seen["link"], json!({"totals": {"clicks": 2}, "creator": {"fullName": "ann"}}));
}

#[tokio::test]
async fn s18_a_membership_that_ends_ends_its_subscriptions_within_a_second() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let shared = team(&platform, &ann).await;
    let token = invite(&platform, &ann, &shared, "bob@example.org").await;
    let joined = platform.as_page(&bob, ACCEPT, json!({"token": token})).await;
    assert_eq!(joined.body["data"]["acceptInvitation"]["userErrors"], json!([]), "{joined:?}");
    let read = "query($id: ID!) { workspace(id: $id) { members { user { id } } } }";
    let seen = platform.as_page(&ann, read, json!({"id": shared})).await;
    let bob_id = seen.body["data"]["workspace"]["members"][1]["user"]["id"].clone();

    let mut socket = Socket::of(&platform, access(&bob)).await;
    socket.subscribe("clicks", CLICKS, json!({"workspace": shared})).await;
    socket.subscribe("changes", CHANGES, json!({"workspace": shared})).await;
    socket.subscribe("own", CHANGES, json!({})).await;
    let probe = async || (create(&platform, &ann, Some(&shared), "https://example.org/team").await, 1);
    begun(&mut socket, "changes", probe).await;

    let remove =
        "mutation($w: ID!, $u: ID!) { removeMember(workspaceId: $w, userId: $u) { done userErrors { code } } }";
    let removed = platform.as_page(&ann, remove, json!({"w": shared, "u": bob_id})).await;
    assert_eq!(removed.body["data"]["removeMember"]["done"], true, "{removed:?}");
    let start = Instant::now();
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let message = socket.hear().await;
        match message["type"].as_str() {
            Some("next") => {
                assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
            }
            Some("complete") => ended.push(message["id"].as_str().unwrap().to_owned()),
            _ => panic!("{message}"),
        }
    }
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());
    ended.sort();
    assert_eq!(ended, ["changes", "clicks"]);
    // The connection and what it may still see go on.
    create(&platform, &ann, Some(&shared), "https://example.org/secret").await;
    begun(&mut socket, "own", async || (create(&platform, &bob, None, "https://example.org/own").await, 1)).await;
}

#[tokio::test]
async fn a_restart_of_the_service_is_not_noticed() {
    let mut platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", CHANGES, json!({})).await;
    begun(&mut socket, "1", async || (create(&platform, &ann, None, "https://example.org/probe").await, 1)).await;
    platform.restart_links().await;
    // When the stream is open again is not known from outside: links are made until one is told.
    let query = "mutation { createLink(input: {url: \"https://example.org/after\"}) { link { id } } }";
    let again = async {
        loop {
            platform.as_page(&ann, query, Value::Null).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        message = socket.hear() => assert_eq!(told(&message, "1")["link"]["url"], "https://example.org/after"),
        () = again => {}
    }
}
