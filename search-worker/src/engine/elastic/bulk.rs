//! Changes in bulk, of which some may fail.

use elasticsearch::params::VersionType;
use elasticsearch::{BulkOperation, BulkOperations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{EngineError, Refused};
use crate::entry::{Change, Entry, tag_key};
use crate::part::Part;
use crate::state;

/// Adds the change for the index behind `alias`. Elasticsearch compares versions itself: an older one is a conflict, which is no
/// error here.
///
/// # Errors
/// When it does not become JSON.
pub fn push(operations: &mut BulkOperations, alias: &str, change: &Change) -> anyhow::Result<()> {
    let operation = BulkOperation::index(document(change))
        .id(change.id().to_string())
        .index(alias)
        .version(change.version())
        .version_type(VersionType::ExternalGte);
    Ok(operations.push(operation)?)
}

/// What is kept after a change. What was deleted leaves a number without a workspace, which no search finds.
fn document(change: &Change) -> Value {
    let Change::Put(entry) = change else { return json!({ "id": change.id() }) };
    let Entry { id, workspace, texts, domain, lasting, starts_us, expires_us, .. } = entry.as_ref();
    let words: serde_json::Map<String, Value> =
        Part::ALL.into_iter().map(|part| (part.name().to_owned(), json!(entry.words(part)))).collect();
    json!({
        "words": words,
        "id": id,
        "workspace": workspace,
        "lasting": state::name(*lasting),
        "starts": starts_us,
        "expires": expires_us,
        "domain": domain,
        "tag_key": texts.tags.iter().map(|tag| tag_key(tag)).collect::<Vec<_>>(),
        "code": texts.code,
        "title": texts.title,
        "tags": texts.tags,
        "destination": texts.destination,
        "description": texts.description,
        "notes": texts.notes,
    })
}

#[derive(Deserialize)]
struct Answer {
    errors: bool,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "_id")]
    id: String,
    status: u16,
    error: Option<Value>,
}

/// The changes that will never be taken.
///
/// # Errors
/// When some could be taken later: the index is going away, or has too much to do. Then all of them are sent again, which versions
/// make harmless.
pub fn refused(answer: Value) -> Result<Vec<Refused>, EngineError> {
    let answer: Answer = serde_json::from_value(answer).map_err(anyhow::Error::from)?;
    if !answer.errors {
        return Ok(Vec::new());
    }
    let mut refused: Vec<Refused> = Vec::new();
    for Item { index: outcome } in answer.items {
        let reason = outcome.error.map(|error| error.to_string()).unwrap_or_default();
        match outcome.status {
            200..=299 | 409 => {}
            400 => {
                let id = outcome.id.parse().unwrap_or_default();
                if !refused.iter().any(|known| known.id == id) {
                    refused.push(Refused { id, reason });
                }
            }
            status => return Err(anyhow::anyhow!("{status} for link {}: {reason}", outcome.id).into()),
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(statuses: &[u16]) -> Value {
        let item = |status: &u16| json!({ "index": { "_id": "5", "status": status, "error": { "type": "t" } } });
        json!({ "errors": true, "items": statuses.iter().map(item).collect::<Vec<_>>() })
    }

    #[test]
    fn each_status_has_its_meaning() {
        assert_eq!(refused(json!({ "errors": false, "items": [] })).unwrap(), []);
        assert_eq!(refused(answer(&[200, 201, 409])).unwrap(), [], "an older version is no error");
        assert_eq!(refused(answer(&[400, 400])).unwrap().len(), 1, "refused by both indexes, told once");
        for later in [404, 429, 503] {
            assert!(refused(answer(&[200, later])).is_err(), "{later}");
        }
    }

    #[test]
    fn a_deleted_link_leaves_its_number() {
        assert_eq!(document(&Change::Remove { id: 5, version: 2 }), json!({ "id": 5 }));
    }
}
