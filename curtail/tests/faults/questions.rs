//! Searches against the links themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::account::{Account, number};
use crate::changes::{TAGS, WORDS};

/// Links of a page; what they cost fits into one operation.
const PAGE: i32 = 40;

/// A link as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub title: String,
    pub state: String,
    pub tags: Vec<String>,
}

/// All links that are not deleted, from shortener-svc.
pub async fn listed(account: &Account) -> Vec<Listed> {
    let query = "query($first: Int, $after: String) { links(first: $first, after: $after) \
                 { nodes { id title state tags { name } } pageInfo { hasNextPage endCursor } } }";
    let (mut links, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = account.insist("links", query, json!({"first": PAGE, "after": after})).await;
        links.extend(nodes(&page).iter().map(|node| Listed {
            id: number(&node["id"]).expect("an id"),
            title: text(&node["title"]),
            state: text(&node["state"]),
            tags: node["tags"].as_array().expect("tags").iter().map(|tag| text(&tag["name"])).collect(),
        }));
        if page["pageInfo"]["hasNextPage"] != true {
            return links;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// A question with what it has to find.
struct Question {
    asked: Value,
    wanted: BTreeSet<i64>,
}

/// What search answers otherwise than the links would have it; empty when they agree.
pub async fn disagreements(account: &Account, links: &[Listed]) -> Vec<String> {
    let mut all = Vec::new();
    for Question { asked, wanted } in questions(links) {
        let (found, total) = search(account, &asked).await;
        if found != wanted || total != wanted.len() {
            let (missing, more) = (wanted.difference(&found).count(), found.difference(&wanted).count());
            all.push(format!("{asked}: {total} found, {missing} missing, {more} too many"));
        }
    }
    let facets = facets(account).await;
    let tags = count(links.iter().flat_map(|link| link.tags.clone()));
    if facets != tags {
        all.push(format!("tags: {facets:?}, not {tags:?}"));
    }
    all
}

fn questions(links: &[Listed]) -> Vec<Question> {
    let question = |asked: Value, holds: &dyn Fn(&Listed) -> bool| Question {
        asked,
        wanted: links.iter().filter(|link| holds(link)).map(|link| link.id).collect(),
    };
    let has = |link: &Listed, word: &str| link.title.split(' ').any(|one| one == word);
    let mut questions = vec![
        question(json!({}), &|_| true),
        question(json!({"text": "harbuor"}), &|link| has(link, "harbour")),
        question(json!({"text": "velvet glac"}), &|link| has(link, "velvet") && has(link, "glacier")),
        question(json!({"text": "orchard", "tags": ["SPRING"]}), &|link| {
            has(link, "orchard") && link.tags == ["spring"]
        }),
    ];
    for word in WORDS {
        questions.push(question(json!({"text": word}), &|link| has(link, word)));
    }
    for tag in TAGS {
        questions.push(question(json!({"tags": [tag]}), &|link| link.tags == [tag]));
    }
    for state in ["ACTIVE", "EXPIRED"] {
        questions.push(question(json!({"state": [state]}), &|link| link.state == state));
    }
    questions
}

/// All hits of a question, and how many there are said to be.
async fn search(account: &Account, asked: &Value) -> (BTreeSet<i64>, usize) {
    let query = "query($text: String, $tags: [String!], $state: [LinkState!], $first: Int, $after: String) \
                 { search(text: $text, tags: $tags, state: $state, first: $first, after: $after) \
                 { total nodes { id } pageInfo { hasNextPage endCursor } } }";
    let (mut found, mut variables) = (BTreeSet::new(), asked.clone());
    variables["first"] = PAGE.into();
    loop {
        let page = account.insist("search", query, variables.clone()).await;
        found.extend(nodes(&page).iter().filter_map(|node| number(&node["id"])));
        if page["pageInfo"]["hasNextPage"] != true {
            return (found, number(&page["total"]).and_then(|total| total.try_into().ok()).expect("a total"));
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

async fn facets(account: &Account) -> BTreeMap<String, usize> {
    let query = "{ search(first: 1) { facets { tags { value count } } } }";
    let answer = account.insist("search", query, json!({})).await;
    let tags = answer["facets"]["tags"].as_array().expect("facets");
    tags.iter().map(|tag| (text(&tag["value"]), number(&tag["count"]).expect("a count") as usize)).collect()
}

fn count(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

fn nodes(page: &Value) -> &Vec<Value> {
    page["nodes"].as_array().expect("nodes")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
