//! Reading what Elasticsearch answers.

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cursor::Place;
use crate::part::Texts;
use crate::question::{DOMAIN, Facet, Found, Hit, STATE, TAG, facets};

#[derive(Deserialize)]
struct Answer {
    hits: Hits,
    aggregations: Map<String, Value>,
}

#[derive(Deserialize)]
struct Hits {
    total: Total,
    hits: Vec<Raw>,
}

#[derive(Deserialize)]
struct Total {
    value: u64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "_source")]
    texts: Texts,
    /// Score and number.
    sort: (f32, i64),
}

/// The hits of an answer to a question for at most `limit`.
///
/// # Errors
/// When it has another form.
pub fn found(answer: Value, limit: usize) -> anyhow::Result<Found> {
    let answer: Answer = serde_json::from_value(answer).context("an answer of another form")?;
    let has_more = answer.hits.hits.len() > limit;
    let hit = |raw: Raw| Hit { place: Place { score: raw.sort.0, id: raw.sort.1 }, texts: raw.texts };
    let mut counted = Vec::new();
    for kind in [TAG, STATE, DOMAIN] {
        counted.extend(values(kind, answer.aggregations.get(kind).unwrap_or(&Value::Null)));
    }
    Ok(Found {
        hits: answer.hits.hits.into_iter().take(limit).map(hit).collect(),
        has_more,
        total: answer.hits.total.value,
        facets: counted,
    })
}

/// Terms come as a list of buckets with keys, named filters as an object.
fn values(kind: &'static str, aggregation: &Value) -> Vec<Facet> {
    let count = |bucket: &Value| bucket["doc_count"].as_u64().filter(|count| *count > 0);
    match &aggregation["buckets"] {
        Value::Array(buckets) => {
            let value = |bucket: &Value| Some((bucket["key"].as_str()?.to_owned(), count(bucket)?));
            facets(kind, buckets.iter().filter_map(value))
        }
        Value::Object(buckets) => {
            facets(kind, buckets.iter().filter_map(|(name, bucket)| Some((name.clone(), count(bucket)?))))
        }
        _ => Vec::new(),
    }
}
