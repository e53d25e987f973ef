//! The keys of the default file: kind, default, meaning and bounds of each.

use toml::{Table, Value};

/// Keys that hold secrets: read from files too, and never shown.
pub(crate) const SECRETS: &[&str] = &[
    "database.url",
    "redis.url",
    "rpc.service_key",
    "auth.master_key",
    "redirector.visitor_key",
    "notify.master_key",
    "notify.smtp_url",
    "search.elasticsearch_url",
    "notify.sms_token",
];

/// One setting as the default file documents it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// `section.key`.
    pub(crate) name: String,
    /// The default; its kind is the only one allowed.
    pub(crate) default: Value,
    /// The comment above the key, as one line, without the bounds.
    pub(crate) meaning: String,
    /// Least and greatest value of a number.
    pub(crate) bounds: Option<(i64, i64)>,
}

impl Key {
    /// `CURTAIL_SECTION__KEY`.
    pub(crate) fn variable(&self) -> String {
        format!("CURTAIL_{}", self.name.to_ascii_uppercase().replace('.', "__"))
    }

    pub(crate) fn is_secret(&self) -> bool {
        SECRETS.contains(&self.name.as_str())
    }
}

/// All keys in the order of the file.
pub(crate) fn keys() -> Vec<Key> {
    let document: Table = crate::DEFAULT.parse().expect("the embedded default file is TOML; a test reads it");
    let mut keys = Vec::new();
    let (mut section, mut comment, mut comment_open) = (String::new(), String::new(), false);
    for line in crate::DEFAULT.lines() {
        if let Some(text) = line.strip_prefix('#') {
            if !comment_open {
                comment.clear();
            }
            comment_open = true;
            comment.push_str(text);
        } else if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            comment.clear();
        } else if let Some((name, _)) = line.split_once(" = ") {
            comment_open = false;
            let name = format!("{section}.{name}");
            let default = lookup(&document, &name).expect("the line stands in its section").clone();
            let (meaning, bounds) = split_bounds(comment.trim());
            keys.push(Key { name, default, meaning, bounds });
        }
    }
    keys
}

/// The value under a dotted name.
pub(crate) fn lookup<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    match (table.get(first)?, rest) {
        (value, None) => Some(value),
        (Value::Table(inner), Some(rest)) => lookup(inner, rest),
        _ => None,
    }
}

/// Cuts `1-100.` from the end of a comment.
fn split_bounds(comment: &str) -> (String, Option<(i64, i64)>) {
    let parsed = comment.rsplit_once(' ').and_then(|(meaning, last)| {
        let (low, high) = last.strip_suffix('.')?.split_once('-')?;
        Some((meaning, (low.parse().ok()?, high.parse().ok()?)))
    });
    match parsed {
        Some((meaning, bounds)) => (meaning.to_owned(), Some(bounds)),
        None => (comment.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_and_explained() {
        let document: Table = crate::DEFAULT.parse().unwrap();
        let mut count = 0;
        fn leaves(value: &Value, count: &mut usize) {
            match value {
                Value::Table(table) => table.values().for_each(|v| leaves(v, count)),
                _ => *count += 1,
            }
        }
        leaves(&Value::Table(document), &mut count);
        let keys = keys();
        assert_eq!(keys.len(), count);
        for key in &keys {
            assert!(!key.meaning.is_empty(), "{} has no comment", key.name);
        }
        for secret in SECRETS {
            assert!(keys.iter().any(|key| key.name == *secret), "{secret}");
        }
    }

    #[test]
    fn every_number_has_bounds_and_a_default_inside_of_them() {
        for key in keys() {
            assert_eq!(
                key.default.is_integer(),
                key.bounds.is_some(),
                "{}: numbers and only they have bounds",
                key.name
            );
            if let (Value::Integer(default), Some((low, high))) = (&key.default, key.bounds) {
                assert!((low..=high).contains(default), "{}", key.name);
            }
        }
    }

    #[test]
    fn bounds_are_cut_from_the_comment() {
        assert_eq!(split_bounds("Length. 4-32."), ("Length.".to_owned(), Some((4, 32))));
        assert_eq!(split_bounds("json or pretty."), ("json or pretty.".to_owned(), None));
    }
}
