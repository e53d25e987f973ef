//! Changes of links at random, each repeated until it is known to be done; and what follows from them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account::{Account, number};

/// None is a typo or the beginning of another.
pub const WORDS: [&str; 10] =
    ["harbour", "lantern", "meadow", "quarry", "velvet", "thistle", "compass", "glacier", "orchard", "saffron"];

/// What links are marked with.
pub const TAGS: [&str; 3] = ["autumn", "spring", "winter"];

/// How long a link lives that ends while the changes go on: not before it is known to be made.
const LIFE: std::ops::Range<u64> = 12..25;

/// A link as it has to be, and what was done to it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub title: String,
    pub tag: &'static str,
    pub deleted: bool,
    pub expires_at: Option<OffsetDateTime>,
    pub updates: usize,
    pub deletes: usize,
    pub restores: usize,
}

/// Makes changes one after the other.
pub struct Changes<'a> {
    account: &'a Account,
    rng: StdRng,
    links: BTreeMap<i64, Wanted>,
}

impl<'a> Changes<'a> {
    /// Makes `count` changes that `seed` decides, counting them in `done`; gives the links that came of them.
    pub async fn make(account: &'a Account, seed: u64, count: usize, done: &AtomicUsize) -> BTreeMap<i64, Wanted> {
        let mut changes = Self { account, rng: StdRng::seed_from_u64(seed), links: BTreeMap::new() };
        for n in 0..count {
            changes.one(n).await;
            done.store(n + 1, Ordering::Relaxed);
        }
        changes.links
    }

    async fn one(&mut self, n: usize) {
        let lasting = |wanted: &Wanted| wanted.expires_at.is_none();
        let there: Vec<i64> = self.links.iter().filter(|(_, w)| lasting(w) && !w.deleted).map(|(id, _)| *id).collect();
        let gone: Vec<i64> = self.links.iter().filter(|(_, w)| w.deleted).map(|(id, _)| *id).collect();
        let one_of = |rng: &mut StdRng, of: &[i64]| of.choose(rng).copied();
        match self.rng.random_range(0..100) {
            55..80 => {
                if let Some(id) = one_of(&mut self.rng, &there) {
                    return self.update(id, n).await;
                }
            }
            80..94 => {
                if let Some(id) = one_of(&mut self.rng, &there) {
                    return self.delete(id).await;
                }
            }
            94..100 => {
                if let Some(id) = one_of(&mut self.rng, &gone) {
                    return self.restore(id).await;
                }
            }
            _ => {}
        }
        self.create(n).await;
    }

    /// Its title names the change: no two are alike, and none begins like another.
    fn title(&mut self, n: usize) -> String {
        let words: Vec<_> = WORDS.sample(&mut self.rng, 2).copied().collect();
        format!("{} no{n:05}", words.join(" "))
    }

    async fn create(&mut self, n: usize) {
        let (title, tag) = (self.title(n), *TAGS.choose(&mut self.rng).expect("tags"));
        let life = self.rng.random_bool(0.2).then(|| Duration::from_secs(self.rng.random_range(LIFE)));
        let expires_at = life.map(|life| curtail_clock::Clock::system().now() + life);
        let input = json!({
            "url": format!("https://example.org/{n}"),
            "title": title,
            "tags": [tag],
            "expiresAt": expires_at.map(|at| at.format(&Rfc3339).expect("an instant of this century")),
            "idempotencyKey": format!("change-{n}"),
        });
        let create =
            "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { code } } }";
        let made = self.account.insist("createLink", create, json!({"input": input})).await;
        let id = number(&made["link"]["id"]).unwrap_or_else(|| panic!("made: {made}"));
        let wanted = Wanted { title, tag, deleted: false, expires_at, updates: 0, deletes: 0, restores: 0 };
        assert!(self.links.insert(id, wanted).is_none(), "a create that is repeated makes nothing new");
    }

    async fn update(&mut self, id: i64, n: usize) {
        let (title, tag) = (self.title(n), *TAGS.choose(&mut self.rng).expect("tags"));
        let input = json!({"id": id.to_string(), "title": title, "tags": [tag]});
        let update =
            "mutation($input: UpdateLinkInput!) { updateLink(input: $input) { link { id } userErrors { code } } }";
        self.done("updateLink", update, json!({"input": input})).await;
        let wanted = self.wanted(id);
        (wanted.title, wanted.tag) = (title, tag);
        wanted.updates += 1;
    }

    async fn delete(&mut self, id: i64) {
        let delete = "mutation($id: ID!) { deleteLink(id: $id) { link { id } userErrors { code } } }";
        self.done("deleteLink", delete, json!({"id": id.to_string()})).await;
        let wanted = self.wanted(id);
        wanted.deleted = true;
        wanted.deletes += 1;
    }

    async fn restore(&mut self, id: i64) {
        let restore = "mutation($id: ID!) { restoreLink(id: $id) { link { id } userErrors { code } } }";
        self.done("restoreLink", restore, json!({"id": id.to_string()})).await;
        let wanted = self.wanted(id);
        wanted.deleted = false;
        wanted.restores += 1;
    }

    async fn done(&self, field: &str, query: &str, variables: Value) {
        let answer = self.account.insist(field, query, variables).await;
        assert!(answer["link"].is_object(), "{field}: {answer}");
    }

    fn wanted(&mut self, id: i64) -> &mut Wanted {
        self.links.get_mut(&id).expect("a link of ours")
    }
}
