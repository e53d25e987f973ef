//! The environment as a layer of the configuration.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{ConfigErrors, keys::Key};

/// The variables of a process. An argument, so that tests need not change their own.
pub type Variables = BTreeMap<String, String>;

/// What the variables set, as a document like the default file. A value is read as the kind of its default, so
/// `CURTAIL_DOMAINS__DEFAULT=1` is a host called "1". A `CURTAIL_` variable with `__` that names no key is a problem: it is
/// a setting that somebody believes to be in force.
pub(crate) fn layer(keys: &[Key], variables: &Variables, errors: &mut ConfigErrors) -> Table {
    let mut table = Table::new();
    let mut known = Vec::new();
    for key in keys {
        let names = names(key);
        for name in &names {
            if let Some(raw) = raw_value(key, name, variables, errors) {
                match parse(&key.default, &raw) {
                    Ok(value) => insert(&mut table, &key.name, value),
                    Err(expected) => errors.add(&key.name, format!("{name} must be {expected}")),
                }
                break;
            }
        }
        known.extend(names);
    }
    for name in variables.keys().filter(|name| name.starts_with("CURTAIL_") && name.contains("__")) {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        if !known.iter().any(|known| known == name || known == plain) {
            errors.add(name, "no setting has this name");
        }
    }
    table
}

/// The variables that set a key, the stronger one first.
fn names(key: &Key) -> Vec<String> {
    let mut names = vec![key.variable()];
    match key.name.as_str() {
        "database.url" => names.push("DATABASE_URL".to_owned()),
        "redis.url" => names.push("REDIS_URL".to_owned()),
        "search.elasticsearch_url" => names.push("ELASTICSEARCH_URL".to_owned()),
        _ => {}
    }
    names
}

/// The text of a variable, or for secrets of the file that `<variable>_FILE` names.
fn raw_value(key: &Key, name: &str, variables: &Variables, errors: &mut ConfigErrors) -> Option<String> {
    let file_name = format!("{name}_FILE");
    match (variables.get(name), variables.get(&file_name)) {
        (Some(_), Some(_)) => {
            errors.add(&key.name, format!("{name} and {file_name} are both set; keep one"));
            None
        }
        (None, Some(_)) if !key.is_secret() => {
            errors.add(&key.name, format!("{file_name} is set, but only secrets are read from files"));
            None
        }
        (None, Some(path)) => match std::fs::read_to_string(path) {
            // Editors and `echo` leave a line end that is no part of the secret.
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                errors.add(&key.name, format!("{file_name}: {path} can not be read: {error}"));
                None
            }
        },
        (value, None) => value.cloned(),
    }
}

/// Reads `raw` as the kind of `like`; the error names what is expected.
fn parse(like: &Value, raw: &str) -> Result<Value, &'static str> {
    match like {
        Value::String(_) => Ok(Value::String(raw.to_owned())),
        Value::Integer(_) => raw.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Boolean(_) => raw.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => match format!("list = {raw}").parse::<Table>().ok().and_then(|mut t| t.remove("list")) {
            Some(list @ Value::Array(_)) => Ok(list),
            _ => Err("a list such as [\"a\", \"b\"]"),
        },
        _ => Err("set in a file"),
    }
}

fn insert(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The variables that stand for the keys a configuration file sets, for tools that fill in only what an operator left open. A
/// file that is not TOML sets nothing.
pub fn variables_in(file: &str) -> Vec<String> {
    let document: Table = file.parse().unwrap_or_default();
    let keys = crate::keys::keys();
    keys.iter().filter(|key| crate::keys::lookup(&document, &key.name).is_some()).flat_map(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_which_variables_it_stands_for() {
        let names = variables_in("[database]\nurl = \"postgres://a\"\n[gateway]\nmax_cost = 1\n");
        assert_eq!(names, ["CURTAIL_DATABASE__URL", "DATABASE_URL", "CURTAIL_GATEWAY__MAX_COST"]);
        assert!(variables_in("= nonsense").is_empty());
    }
}
