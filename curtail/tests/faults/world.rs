//! A platform with someone who wants to hear of everything, and what it is to come to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use curtail_testkit::until;
use fred::clients::Pool;
use serde_json::json;
use sqlx::postgres::PgPool;

use crate::account::{Account, Link};
use crate::changes::{Changes, Wanted};
use crate::hooks::Hooks;
use crate::inbox;
use crate::ledger::Ledger;
use crate::load::Load;
use crate::platform::Platform;
use crate::questions;
use crate::saboteur::Saboteur;

/// Links that are clicked and not changed.
pub const STEADY: usize = 8;

/// How long effects may be on their way after the last fault. A mail or a message that was under way when its sender died is
/// sent again when its lease is over: a minute.
const SETTLE: Duration = Duration::from_secs(150);

/// Longer than anything takes that no lease holds up.
pub const SOON: Duration = Duration::from_secs(60);

/// A platform with someone who wants to hear of everything.
pub struct World {
    pub platform: Platform,
    pub account: Account,
    pub hooks: Hooks,
    pub pool: PgPool,
    pub redis: Pool,
}

impl World {
    /// Everything runs, the address is proven, and every mail and message is asked for.
    pub async fn start() -> Self {
        let database = curtail_testkit::database().await;
        let settings = [
            ("CURTAIL_PLANS__FREE__LINKS_PER_MONTH", "1000000".to_owned()),
            ("CURTAIL_PLANS__FREE__REQUESTS_PER_MINUTE", "1000000".to_owned()),
            ("CURTAIL_EXPIRY__EXPIRE_INTERVAL_MS", "300".to_owned()),
            ("CURTAIL_ANALYTICS__SPIKE_MIN_CLICKS", "10".to_owned()),
            ("CURTAIL_NOTIFY__MAIL_TIMEOUT_MS", "1000".to_owned()),
            ("CURTAIL_WEBHOOKS__TIMEOUT_MS", "2000".to_owned()),
            ("CURTAIL_WEBHOOKS__ALLOW_HTTP", "true".to_owned()),
            ("CURTAIL_WEBHOOKS__ALLOWED_NETWORKS", "[\"127.0.0.0/8\"]".to_owned()),
        ];
        let platform = Platform::start_whole(database.url.expose(), &settings).await;
        let mut account = Account::register(&platform.gateway).await;
        let mut token = None;
        let mailed = async || {
            token = inbox::mails(&platform.mailbox()).iter().find_map(|mail| inbox::token(mail, "verify"));
            token.is_some()
        };
        until(mailed, SOON, "the mail to verify the address lies in the folder").await;
        account.verify(&token.expect("a token")).await;
        let hooks = Hooks::listen().await;
        want_everything(&account, &hooks).await;
        let pool = PgPool::connect(database.url.expose()).await.expect("the database");
        let redis = curtail_streams::connect(&platform.redis.config(0)).await.expect("a URL of Redis");
        Self { platform, account, hooks, pool, redis }
    }

    /// Makes changes and clicks while workers are killed; gives what is to be there in the end.
    pub async fn disturbed(
        &mut self,
        seed: u64,
        count: usize,
        saboteur: &mut Saboteur,
    ) -> (BTreeMap<i64, Wanted>, Vec<Link>, Ledger) {
        let steady = self.account.create_links(STEADY).await;
        let load = Load::start(self.platform.redirector, &steady, 1, Duration::from_millis(10));
        // Each is known to the redirector before who knows it is killed.
        until(async || load.answered() >= STEADY as u64, SOON, "the steady links are clicked").await;
        let done = AtomicUsize::new(0);
        let kills = saboteur.left();
        let disturb = async {
            for kill in 1..=kills {
                let reached = async || done.load(Ordering::Relaxed) >= count * kill / (kills + 1);
                until(reached, SOON, "changes go on").await;
                saboteur.strike(&mut self.platform).await;
            }
        };
        let (links, ()) = tokio::join!(Changes::make(&self.account, seed, count, &done), disturb);
        (links, steady, load.stop().await)
    }

    /// Waits until every group has handled what is in its stream.
    pub async fn through(&self) {
        let idle = async || {
            for stream in ["accounts", "links", "alerts"] {
                let groups = curtail_streams::lag(&self.redis, stream).await.expect("Redis answers");
                if groups.iter().any(|group| group.pending > 0 || group.waiting != Some(0)) {
                    return false;
                }
            }
            true
        };
        until(idle, SETTLE, "every group is through with its stream").await;
    }

    /// Waits until nothing is left to be sent.
    pub async fn sent(&self) {
        let none = async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT (SELECT count(*) FROM notify.messages WHERE state = 1) \
                      + (SELECT count(*) FROM notify.webhook_deliveries WHERE state = 1)",
            )
            .fetch_one(&self.pool)
            .await
            .expect("the messages");
            waiting == 0
        };
        until(none, SETTLE, "everything is sent").await;
    }

    /// Searches and counters are what the links and the clicks would have them be.
    pub async fn agrees(&self, links: &BTreeMap<i64, Wanted>, steady: &[Link], clicks: &BTreeMap<i64, i64>) {
        let listed = questions::listed(&self.account).await;
        let there: BTreeMap<i64, (&str, &str)> = (listed.iter())
            .filter(|link| steady.iter().all(|steady| steady.id != link.id))
            .map(|link| (link.id, (link.title.as_str(), link.tags[0].as_str())))
            .collect();
        let wanted: BTreeMap<i64, (&str, &str)> = (links.iter())
            .filter(|(_, wanted)| !wanted.deleted)
            .map(|(id, wanted)| (*id, (wanted.title.as_str(), wanted.tag)))
            .collect();
        assert_eq!(there, wanted, "every change that was acknowledged is there");
        let mut wrong = Vec::new();
        let right = async || {
            wrong = questions::disagreements(&self.account, &listed).await;
            wrong.is_empty()
        };
        let found = curtail_testkit::holds_within(right, SOON).await;
        assert!(found, "searches find the links: {wrong:#?}");
        let counted = async || {
            for link in steady {
                if self.account.clicks(link).await != clicks.get(&link.id).copied() {
                    return false;
                }
            }
            true
        };
        until(counted, SOON, "the counters are the clicks that were answered").await;
    }
}

async fn want_everything(account: &Account, hooks: &Hooks) {
    let prefer = "mutation($kinds: [NotificationPreferenceInput!]!) { updateNotificationPreferences(preferences: $kinds) \
                  { userErrors { code } } }";
    let kinds = json!({"kinds": [{"kind": "LINK_CREATED", "email": true}]});
    account.insist("updateNotificationPreferences", prefer, kinds).await;
    let hook =
        "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } userErrors { code } } }";
    let events = [
        "LINK_CREATED",
        "LINK_UPDATED",
        "LINK_DELETED",
        "LINK_RESTORED",
        "LINK_DISABLED",
        "LINK_EXPIRING",
        "LINK_EXPIRED",
        "ALERT_SPIKE",
    ];
    let made = account.insist("createWebhook", hook, json!({"input": {"url": hooks.url, "events": events}})).await;
    assert!(made["webhook"].is_object(), "{made}");
}
