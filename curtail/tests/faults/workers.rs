//! Every worker killed at random, and everything told three times in any order: what comes of it is what comes of an
//! undisturbed run. That is computed: from what was acknowledged to the test, and from the events that were committed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fred::clients::Pool;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sqlx::postgres::PgPool;
use testkit::until;

use crate::account::{Account, Link};
use crate::changes::{Changes, Wanted};
use crate::committed::{self, Event};
use crate::hooks::Hooks;
use crate::inbox;
use crate::ledger::Ledger;
use crate::load::Load;
use crate::platform::{Platform, variable};
use crate::questions;
use crate::saboteur::{Fault, Saboteur};

/// Who is killed.
const WORKERS: [Fault; 5] = [
    Fault::Kill("search"),
    Fault::Kill("notify"),
    Fault::Kill("expiry"),
    Fault::Kill("analytics"),
    Fault::Kill("shortener"),
];

/// Links that are clicked and not changed.
const STEADY: usize = 8;

/// How long effects may be on their way after the last fault. A mail or a message that was under way when its sender died is
/// sent again when its lease is over: a minute.
const SETTLE: Duration = Duration::from_secs(150);

/// Longer than anything takes that no lease holds up.
const SOON: Duration = Duration::from_secs(60);

/// A platform with somebody who wants to hear of everything.
struct World {
    platform: Platform,
    account: Account,
    hooks: Hooks,
    pool: PgPool,
    redis: Pool,
}

impl World {
    async fn start() -> Self {
        let database = testkit::database().await;
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
        let pool = PgPool::connect(database.url.expose()).await.unwrap();
        let redis = streams::connect(&platform.redis.config(0)).await.unwrap();
        Self { platform, account, hooks, pool, redis }
    }

    /// Makes changes and clicks while workers are killed; gives what is to be there in the end.
    async fn disturbed(
        &mut self,
        seed: u64,
        count: usize,
        saboteur: &mut Saboteur,
    ) -> (BTreeMap<i64, Wanted>, Vec<Link>, Ledger) {
        let steady = self.account.create_links(STEADY).await;
        let load = Load::start(self.platform.redirector, &steady, 1, Duration::from_millis(10));
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
    async fn through(&self) {
        let idle = async || {
            for stream in ["accounts", "links", "alerts"] {
                let groups = streams::lag(&self.redis, stream).await.expect("Redis answers");
                if groups.iter().any(|group| group.pending > 0 || group.waiting != Some(0)) {
                    return false;
                }
            }
            true
        };
        until(idle, SETTLE, "every group is through with its stream").await;
    }

    /// Waits until nothing is left to be sent.
    async fn sent(&self) {
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
    async fn agrees(&self, links: &BTreeMap<i64, Wanted>, steady: &[Link], clicks: &BTreeMap<i64, i64>) {
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
        let found = testkit::holds_within(right, SOON).await;
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

/// Each event of a link was committed as often as it happened: a request that was repeated because its answer was lost did
/// nothing new, and each end was told once.
fn committed_once(events: &[Event], links: &BTreeMap<i64, Wanted>) -> usize {
    let told = committed::by_link(events);
    let mut doubled = 0;
    for (id, wanted) in links {
        let told = told.get(id).copied().unwrap_or_default();
        let expired = usize::from(wanted.expires_at.is_some());
        assert!(told.created >= 1 && told.updated >= wanted.updates && told.expired >= expired, "{wanted:?} {told:?}");
        assert_eq!((told.deleted, told.restored), (wanted.deletes, wanted.restores), "{wanted:?}");
        doubled += (told.created - 1) + (told.expired - expired);
    }
    doubled
}

/// How many mails and messages are missing, and how many there are that should not be.
fn compare(world: &World, events: &[Event]) -> (usize, usize) {
    let (wanted, came) = (committed::hooks(events), world.hooks.messages());
    assert!(came.values().all(|message| message.bodies.len() == 1), "an id has one body for ever");
    let came: BTreeSet<String> = came.into_keys().collect();
    let (mut lost, mut doubled) = (wanted.difference(&came).count(), came.difference(&wanted).count());

    let mails = inbox::mails(&world.platform.mailbox());
    let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.id.as_str()).collect();
    assert_eq!(ids.len(), mails.len(), "a Message-ID names one mail");
    let wanted = committed::mails(events);
    for (kind, title) in &wanted {
        let there = mails.iter().filter(|mail| mail.kind == *kind && mail.subject.contains(title)).count();
        let due = wanted.iter().filter(|other| other.0 == *kind && other.1.contains(title)).count();
        (lost, doubled) = (lost + due.saturating_sub(there), doubled + there.saturating_sub(due));
    }
    (lost, doubled + mails.len().saturating_sub(wanted.len()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_f11_f18_f19_workers_that_are_killed_and_told_thrice_come_to_the_same_end() {
    let count: usize = variable("FAULTS_CHANGES", 500);
    let kills: usize = variable("FAULTS_KILLS", 15);
    let seed: u64 = variable("FAULTS_SEED", 20_261_121);
    let mut world = World::start().await;
    let mut saboteur = Saboteur::new(seed, &WORKERS, kills);
    let (links, steady, ledger) = world.disturbed(seed, count, &mut saboteur).await;
    assert_eq!(
        ledger.count(|outcome| outcome != crate::ledger::Outcome::Redirected),
        0,
        "redirects were not disturbed"
    );
    let clicks = ledger.redirects();

    let ended = async || {
        let listed = questions::listed(&world.account).await;
        let ends = |id: &i64| links.get(id).is_some_and(|wanted| wanted.expires_at.is_some());
        listed.iter().filter(|link| ends(&link.id)).all(|link| link.state == "EXPIRED")
    };
    until(ended, SOON, "every short life is over").await;
    let all_told = async || {
        let events = committed::read(&world.pool).await;
        let told = committed::by_link(&events);
        let mut ends = links.iter().filter(|(_, wanted)| wanted.expires_at.is_some());
        let spikes = committed::mails(&events).iter().filter(|(kind, _)| *kind == "traffic-spike").count();
        ends.all(|(id, _)| told.get(id).is_some_and(|told| told.expired > 0)) && spikes == STEADY
    };
    until(all_told, SOON, "every end is told, and that the steady links are clicked").await;
    world.through().await;
    world.sent().await;
    world.agrees(&links, &steady, &clicks).await;
    let events = committed::read(&world.pool).await;
    let (mut lost, mut doubled) = compare(&world, &events);
    doubled += committed_once(&events, &links);
    let (requests, files) = (world.hooks.requests(), inbox::files(&world.platform.mailbox()));

    // Told twice more in any order, to workers that die over it.
    committed::redeliver(&events, &world.redis, &mut StdRng::seed_from_u64(seed)).await;
    let mut saboteur = Saboteur::new(seed + 1, &WORKERS, WORKERS.len());
    while saboteur.left() > 0 {
        saboteur.strike(&mut world.platform).await;
    }
    world.through().await;
    world.sent().await;
    world.agrees(&links, &steady, &clicks).await;
    let after = committed::read(&world.pool).await;
    let again = compare(&world, &after);
    (lost, doubled) = (lost + again.0, doubled + again.1 + committed_once(&after, &links));
    // Past the capture of the test harness: this is the result.
    let kills = kills + WORKERS.len();
    writeln!(std::io::stdout(), "workers: {} events, kills={kills}, {lost} lost, {doubled} doubled", after.len())
        .unwrap();
    println!("seed {seed}: {} clicks, {requests} requests to the webhook", clicks.values().sum::<i64>());
    assert_eq!((lost, doubled), (0, 0));
    assert_eq!(world.hooks.requests(), requests, "what was delivered is not sent again");
    let untouched = inbox::files(&world.platform.mailbox());
    assert!(files.iter().all(|file| untouched.get(file.0) == Some(file.1)), "what was sent is not sent again");
    let unfinished = untouched.keys().filter(|path| path.extension().is_none_or(|extension| extension != "eml"));
    assert_eq!(unfinished.count(), 0, "no mail is half written");
    assert!(world.platform.command(&["dlq", "list"]).await.contains("There are no dead letters."));
}
