//! What Elasticsearch keeps of a link, and how.

use serde_json::{Value, json};

use crate::part::Part;
use crate::words;

/// The form of the index; a change of fields or of words makes a new one, beside which the old one is left alone.
pub const FORM: u32 = 1;

/// Body of the request that makes an index. How many shards and replicas it has is left to the templates of the cluster.
pub fn index() -> Value {
    let filters = ["lowercase", "asciifolding", "short", "unique"];
    json!({
        "settings": {
            "refresh_interval": "200ms",
            "analysis": {
                // The same runs of letters and digits, folded in the same way, as crate::words.
                "tokenizer": {
                    "words": { "type": "pattern", "pattern": "[^\\p{IsAlphabetic}\\p{N}]+" },
                },
                "filter": { "short": { "type": "length", "max": words::LONGEST } },
                "analyzer": {
                    "text": { "type": "custom", "tokenizer": "words", "filter": filters },
                    // Hosts and paths: the same words, apart, so that addresses can be cut otherwise one day.
                    "url": { "type": "custom", "tokenizer": "words", "filter": filters },
                },
            },
        },
        "mappings": { "dynamic": "strict", "properties": properties() },
    })
}

fn properties() -> Value {
    let mut properties = json!({
        "id": { "type": "long" },
        "workspace": { "type": "long" },
        "lasting": { "type": "keyword" },
        "starts": { "type": "long" },
        "expires": { "type": "long" },
        "domain": { "type": "keyword" },
        "tag_key": { "type": "keyword" },
    });
    for part in Part::ALL {
        let analyzer = if part == Part::Destination { "url" } else { "text" };
        // Neither places nor frequencies play a part in the ranking.
        let mut field = json!({ "type": "text", "analyzer": analyzer, "norms": false, "index_options": "docs" });
        if part == Part::Tags {
            field["fields"] = json!({ "name": { "type": "keyword" } });
        }
        properties[part.name()] = field;
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_mapped_by_guessing() {
        let index = index();
        assert_eq!(index["mappings"]["dynamic"], "strict");
        for part in Part::ALL {
            assert_eq!(index["mappings"]["properties"][part.name()]["type"], "text", "{part:?}");
        }
    }
}
