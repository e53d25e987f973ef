//! Checks of single values, driven by the default file: unknown keys, kinds, bounds, addresses.

use std::net::SocketAddr;

use ipnet::IpNet;
use toml::{Table, Value};

use crate::{
    ConfigErrors,
    keys::{Key, lookup},
};

/// Compares a merged document with the keys that exist.
pub(crate) fn values(keys: &[Key], document: &Table, errors: &mut ConfigErrors) {
    unknown(keys, "", document, errors);
    for key in keys {
        if let Some(value) = lookup(document, &key.name)
            && let Err(message) = value_of(key, value)
            && !errors.names(&key.name)
        {
            errors.add(&key.name, message);
        }
    }
}

fn unknown(keys: &[Key], prefix: &str, table: &Table, errors: &mut ConfigErrors) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        if keys.iter().any(|key| key.name == name) {
            continue;
        }
        let section = format!("{name}.");
        match value {
            Value::Table(inner) if keys.iter().any(|key| key.name.starts_with(&section)) => {
                unknown(keys, &section, inner, errors);
            }
            _ => errors.add(name, "no setting has this name"),
        }
    }
}

fn value_of(key: &Key, value: &Value) -> Result<(), String> {
    match (&key.default, value) {
        (Value::Integer(_), Value::Integer(number)) => match key.bounds {
            Some((low, high)) if !(low..=high).contains(number) => {
                Err(format!("{number} is outside of {low} to {high}"))
            }
            _ => Ok(()),
        },
        (Value::String(_), Value::String(text)) if key.name.ends_with("listen") => text
            .parse::<SocketAddr>()
            .map(|_| ())
            .map_err(|_| format!("{text:?} is not an address with a port such as 127.0.0.1:8080")),
        (Value::Array(_), Value::Array(items)) => items.iter().try_for_each(|item| list_item(key, item)),
        (default, value) if default.same_type(value) => Ok(()),
        (default, _) => Err(format!("must be {}", kind(default))),
    }
}

fn list_item(key: &Key, item: &Value) -> Result<(), String> {
    let Value::String(text) = item else {
        return Err("must be a list of strings".to_owned());
    };
    let is_network = matches!(key.name.as_str(), "proxies.trusted" | "webhooks.allowed_networks");
    if is_network && text.parse::<IpNet>().is_err() {
        return Err(format!("{text:?} is not a network such as 10.0.0.0/8"));
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of strings",
        _ => "something else",
    }
}
