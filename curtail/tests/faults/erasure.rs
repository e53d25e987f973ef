//! S40: what is left of an account that was erased, in every table of every schema and in every key of Redis.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use curtail_proto::events::v1::envelope::Payload;
use curtail_testkit::{free_port, until};
use fred::clients::Pool;
use prost::Message as _;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;

use crate::account::Account;
use crate::committed;
use crate::hooks::Hooks;
use crate::inbox;
use crate::platform::Platform;
use crate::remains;
use crate::visitor::Visitor;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(60);

/// In everything that the account is and makes, except for the code of a link.
const WORD: &str = "quimby";

/// The telephone number of the account, without its sign.
const NUMBER: &str = "15005550006";

/// The code of a link, which is never given to another.
const CODE: &str = "annas-shop";

/// The token of a mail of a kind to an address: what follows `page` in it.
async fn token(platform: &Platform, kind: &str, to: &str, page: &str) -> String {
    let mut token = None;
    let mailed = async || {
        let mails = inbox::mails(&platform.mailbox());
        let mail = mails.iter().find(|mail| mail.kind == kind && mail.to == to);
        token = mail.and_then(|mail| inbox::token(mail, page));
        token.is_some()
    };
    until(mailed, SOON, &format!("{kind} to {to} lies in the folder")).await;
    token.expect("a token")
}

async fn member(platform: &Platform, email: &str, full_name: &str) -> Account {
    let mut account = Account::register_as(&platform.gateway, email, full_name).await;
    account.verify(&token(platform, "email-verification", email, "verify").await).await;
    account
}

/// Does a mutation that has to succeed, and gives back its payload.
async fn done(account: &Account, field: &str, arguments: &str, selection: &str) -> Value {
    let mutation = format!("mutation {{ {field}({arguments}) {{ {selection} userErrors {{ field code }} }} }}");
    let answer = account.insist(field, &mutation, json!({})).await;
    assert_eq!(answer["userErrors"], json!([]), "{mutation}");
    answer
}

async fn workspace(account: &Account, name: &str) -> String {
    let made = done(account, "createWorkspace", &format!("name: \"{name}\""), "workspace { id }").await;
    made["workspace"]["id"].as_str().expect("an id").to_owned()
}

/// Everything that an account can leave behind.
async fn live(platform: &Platform, ann: &Account, bob: &Account, hooks: &Hooks) {
    let (trading, team) = (workspace(ann, "Quimby Trading").await, workspace(bob, "Team").await);
    done(
        ann,
        "inviteMember",
        &format!("input: {{workspaceId: \"{trading}\", email: \"guest@quimby.example\", role: VIEWER}}"),
        "",
    )
    .await;
    done(bob, "inviteMember", &format!("input: {{workspaceId: \"{team}\", email: \"{EMAIL}\", role: ADMIN}}"), "")
        .await;
    let invitation = token(platform, "invitation", EMAIL, "invite").await;
    done(ann, "acceptInvitation", &format!("token: \"{invitation}\""), "workspace { id }").await;
    done(ann, "createApiKey", "input: {name: \"quimby-laptop\", scopes: [READ]}", "").await;
    done(
        ann,
        "createApiKey",
        &format!("input: {{workspaceId: \"{team}\", name: \"quimby-phone\", scopes: [READ]}}"),
        "",
    )
    .await;
    done(ann, "setPhoneNumber", &format!("number: \"+{NUMBER}\""), "phoneNumber { number }").await;
    done(ann, "setTag", "input: {name: \"quimby-tag\", color: \"#aabbcc\"}", "").await;
    let dead = format!("http://127.0.0.1:{}/quimby", free_port());
    for url in [format!("{}-of-quimby", hooks.url), dead] {
        let input =
            format!("input: {{url: \"{url}\", description: \"Quimby's\", events: [LINK_CREATED, LINK_DELETED]}}");
        done(ann, "createWebhook", &input, "").await;
    }
    let content = "title: \"Quimby plans\", description: \"For Quimby\", notes: \"quimby only\", externalId: \"quimby-7\", \
                   tags: [\"quimby-tag\"], url: \"https://private-quimby.example/?utm_campaign=quimby\", \
                   fallbackUrl: \"https://quimby.example/over\"";
    let link = format!("input: {{alias: \"{CODE}\", idempotencyKey: \"quimby-key\", {content}}}");
    done(ann, "createLink", &link, "link { id }").await;
    done(ann, "createLink", &format!("input: {{workspaceId: \"{trading}\", {content}}}"), "link { id }").await;
    let deleted = done(ann, "createLink", &format!("input: {{{content}}}"), "link { id }").await;
    done(ann, "deleteLink", &format!("id: {}", deleted["link"]["id"]), "").await;
    done(bob, "createLink", "input: {url: \"https://example.org/bob\", title: \"Stays\"}", "").await;

    let mut visitor = Visitor::connect(platform.redirector).await.expect("the redirector listens");
    let clicked = visitor.get(&format!("/{CODE}?utm_content=quimby")).await.expect("an answer");
    assert_eq!(clicked.status, 302);
}

/// The first event about a link of the account once more, as no consumer can take it.
async fn poison(pool: &PgPool, redis: &Pool) {
    let events = committed::read(pool).await;
    let mut made = events
        .into_iter()
        .find(|event| matches!(event.envelope.payload, Some(Payload::LinkCreated(_))))
        .expect("a link was made");
    made.envelope.event_id.pop();
    let payload = Bytes::from(made.envelope.encode_to_vec());
    curtail_streams::append(redis, "links", vec![(curtail_streams::ENVELOPE_FIELD, payload)])
        .await
        .expect("Redis answers");
}

const EMAIL: &str = "annabel.quimby@example.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s40_of_an_erased_account_no_table_and_no_key_of_redis_knows_anything() {
    let database = curtail_testkit::database().await;
    let settings = [
        ("CURTAIL_STREAMS__KEEP_SECONDS", "1".to_owned()),
        ("CURTAIL_STREAMS__TRIM_INTERVAL_MS", "200".to_owned()),
        ("CURTAIL_WEBHOOKS__ALLOW_HTTP", "true".to_owned()),
        ("CURTAIL_WEBHOOKS__ALLOWED_NETWORKS", "[\"127.0.0.0/8\"]".to_owned()),
    ];
    let platform = Platform::start_whole(database.url.expose(), &settings).await;
    let pool = PgPool::connect(database.url.expose()).await.unwrap();
    let redis = curtail_streams::connect(&platform.redis.config(0)).await.unwrap();
    let hooks = Hooks::listen().await;
    let (ann, bob) =
        (member(&platform, EMAIL, "Annabel Quimby").await, member(&platform, "bob@example.org", "Bob").await);
    live(&platform, &ann, &bob, &hooks).await;
    poison(&pool, &redis).await;

    // What is to be erased is there, or the look afterwards would prove nothing.
    let expected = [
        "analytics.clicks_",
        "analytics.links",
        "auth.api_keys",
        "auth.audit_log",
        "auth.invitations",
        "auth.outbox",
        "auth.sessions",
        "auth.users",
        "auth.workspaces",
        "shortener.idempotency",
        "shortener.links_",
        "shortener.outbox",
        "shortener.tags",
        "notify.webhook_deliveries",
        "notify.webhooks",
    ];
    let lived = async || {
        let tables = remains::in_tables(&pool, WORD).await;
        let keys = remains::in_redis(&redis, WORD).await;
        let numbers = remains::in_tables(&pool, NUMBER).await;
        numbers.contains("notify.phone_numbers")
            && expected.iter().all(|name| tables.iter().any(|table| table.starts_with(name)))
            && keys.contains("links:dlq")
            && keys.iter().any(|key| key.starts_with("link:"))
    };
    until(lived, SOON, "the account has left its marks").await;

    done(&ann, "eraseAccount", "currentPassword: \"seldom-copper-lantern-42\"", "done").await;
    let (mut tables, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let forgotten = async || {
        tables = remains::in_tables(&pool, WORD).await;
        tables.extend(remains::in_tables(&pool, NUMBER).await);
        keys = remains::in_redis(&redis, WORD).await;
        keys.extend(remains::in_redis(&redis, NUMBER).await);
        tables.is_empty() && keys.is_empty()
    };
    let forgotten = curtail_testkit::holds_within(forgotten, SOON).await;
    assert!(forgotten, "still known in {tables:?} and {keys:?}");

    // What docs/use/privacy.md says is kept.
    let kept = remains::in_tables(&pool, CODE).await;
    let of_links = |table: &String| {
        ["shortener.codes", "shortener.links", "shortener.outbox"].contains(&table.as_str())
            || table.starts_with("shortener.links_")
    };
    assert!(kept.contains("shortener.codes") && kept.iter().all(of_links), "{kept:?}");
    let mut visitor = Visitor::connect(platform.redirector).await.unwrap();
    assert_eq!(visitor.get(&format!("/{CODE}")).await.unwrap().status, 410);
    assert!(!remains::in_tables(&pool, "bob@example.org").await.is_empty(), "others stay");
    let links = bob.insist("links", "{ links(first: 10) { nodes { title } } }", json!({})).await;
    assert_eq!(links["nodes"], json!([{"title": "Stays"}]));
    Account::register_as(&platform.gateway, EMAIL, "Annabel Quimby").await;
}
