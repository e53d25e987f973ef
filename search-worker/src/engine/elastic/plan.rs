//! From a question to the body of a search.

use serde_json::{Value, json};

use crate::part::{ONE_TYPO, PREFIX, Part, TWO_TYPOS};
use crate::question::{FACET_VALUES, Question};
use crate::state::{self, Condition};
use crate::words::typos;

/// The body: inside of the workspace, every word somewhere, and all filters.
pub fn plan(question: &Question) -> Value {
    let mut filter = vec![json!({ "term": { "workspace": question.workspace } })];
    filter.extend(question.tags.iter().map(|tag| json!({ "term": { "tag_key": tag } })));
    if !question.domain.is_empty() {
        filter.push(json!({ "term": { "domain": question.domain } }));
    }
    if !question.states.is_empty() {
        let states = question.states.iter().filter_map(|state| state::condition(*state));
        let any: Vec<Value> = states.map(|state| condition(&state, question.now_us)).collect();
        // One of none is everything to Elasticsearch.
        filter.push(match any.is_empty() {
            true => json!({ "match_none": {} }),
            false => json!({ "bool": { "should": any, "minimum_should_match": 1 } }),
        });
    }
    let last = question.words.len().saturating_sub(1);
    let words = question.words.iter().enumerate();
    let must: Vec<Value> = words.map(|(n, word)| somewhere(word, n == last)).collect();
    let mut body = json!({
        // One more than wanted, only to see whether it is there.
        "size": question.limit + 1,
        "track_total_hits": true,
        "query": { "bool": { "filter": filter, "must": must } },
        "sort": [{ "_score": "desc" }, { "id": "desc" }],
        "aggs": facets(question.now_us),
    });
    if let Some(after) = question.after {
        body["search_after"] = json!([after.score, after.id]);
    }
    body
}

/// The word in any part; the best place counts.
fn somewhere(word: &str, is_prefix: bool) -> Value {
    let mut ways = Vec::new();
    for part in Part::ALL {
        let field = format!("words.{}", part.name());
        let field = field.as_str();
        let mut way = |query: Value, share: f32| {
            ways.push(json!({ "constant_score": { "filter": query, "boost": part.weight() * share } }));
        };
        way(json!({ "term": { field: word } }), 1.0);
        if is_prefix {
            way(json!({ "prefix": { field: word } }), PREFIX);
        }
        for typos in 1..=typos(word) {
            // Rewritten so, every word within reach counts, and not only the fifty that are most frequent among all workspaces.
            let near =
                json!({ "value": word, "fuzziness": typos, "transpositions": true, "rewrite": "constant_score" });
            way(json!({ "fuzzy": { field: near } }), if typos == 1 { ONE_TYPO } else { TWO_TYPOS });
        }
    }
    json!({ "dis_max": { "queries": ways } })
}

fn condition(condition: &Condition, now_us: i64) -> Value {
    let lasting: Vec<&str> = condition.lasting.iter().map(|lasting| state::name(*lasting)).collect();
    let mut all = vec![json!({ "terms": { "lasting": lasting } })];
    for (field, passed) in [("starts", condition.started), ("expires", condition.expired)] {
        if let Some(passed) = passed {
            let bound = if passed { "lte" } else { "gt" };
            all.push(json!({ "range": { field: { bound: now_us } } }));
        }
    }
    json!({ "bool": { "filter": all } })
}

fn facets(now_us: i64) -> Value {
    let most = |field: &str| {
        let order = json!([{ "_count": "desc" }, { "_key": "asc" }]);
        json!({ "terms": { "field": field, "size": FACET_VALUES, "order": order } })
    };
    let mut states = serde_json::Map::new();
    for state in state::SEARCHED {
        if let Some(of_state) = state::condition(state) {
            states.insert(state::name(state).to_owned(), condition(&of_state, now_us));
        }
    }
    json!({ "tag": most("tags"), "domain": most("domain"), "state": { "filters": { "filters": states } } })
}
