//! Every worker killed at random, and everything told three times in any order: what comes of it is what comes of an
//! undisturbed run. That is computed: from what was acknowledged to the test, and from the events that were committed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use curtail_testkit::until;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::changes::Wanted;
use crate::committed::{self, Event};
use crate::inbox;
use crate::platform::variable;
use crate::questions;
use crate::saboteur::{Fault, Saboteur};
use crate::world::{SOON, STEADY, World};

/// Who is killed.
const WORKERS: [Fault; 5] = [
    Fault::Kill("search"),
    Fault::Kill("notify"),
    Fault::Kill("expiry"),
    Fault::Kill("analytics"),
    Fault::Kill("shortener"),
];

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
    let others = ledger.not_redirected();
    assert!(others.is_empty(), "redirects are not disturbed: {others:?}");
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
