//! What Elasticsearch keeps of a link, and how.
//!
//! The words of a link are split and folded by [`crate::words`] and indexed as they are, so the cluster needs no analyzer.

use serde_json::{Value, json};

use crate::part::Part;

/// The form of the index; a change of fields or of words makes a new one, beside which the old one is left alone.
pub const FORM: u32 = 2;

/// Body of the request that makes an index. How many shards and replicas it has is left to the templates of the cluster.
pub fn index() -> Value {
    json!({
        "settings": { "refresh_interval": "200ms" },
        "mappings": { "dynamic": "strict", "properties": properties() },
    })
}

fn properties() -> Value {
    let mut words = json!({});
    for part in Part::ALL {
        words[part.name()] = json!({ "type": "keyword", "doc_values": false });
    }
    let shown = json!({ "type": "text", "index": false, "norms": false });
    json!({
        "id": { "type": "long" },
        "workspace": { "type": "long" },
        "lasting": { "type": "keyword" },
        "starts": { "type": "long" },
        "expires": { "type": "long" },
        "domain": { "type": "keyword" },
        "tag_key": { "type": "keyword" },
        "code": shown,
        "title": shown,
        "tags": { "type": "keyword" },
        "destination": shown,
        "description": shown,
        "notes": shown,
        "words": { "dynamic": "strict", "properties": words },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_mapped_by_guessing() {
        let index = index();
        assert_eq!(index["mappings"]["dynamic"], "strict");
        for part in Part::ALL {
            let words = &index["mappings"]["properties"]["words"]["properties"];
            assert_eq!(words[part.name()]["type"], "keyword", "{part:?}");
        }
    }
}
