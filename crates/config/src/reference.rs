//! `docs/operate/configuration.md`, generated from the default file.

use std::fmt::Write as _;

use crate::keys::{Key, keys};

const HEAD: &str = "# Configuration

Generated from `crates/config/curtail.default.toml`; `UPDATE=1 cargo test -p curtail-config reference` rewrites it.

Three layers, the later one wins: the defaults below, the file named by `CURTAIL_CONFIG` (TOML with the same sections), and
the environment. Lists are written as in TOML: `CURTAIL_PROXIES__TRUSTED='[\"10.0.0.0/8\"]'`. A variable of a secret may end
in `_FILE` and then names a file to read. The whole is checked at start, and every problem is reported with its key.
The gateway reads them again at SIGHUP ([operations](operations.md#changing-settings-without-a-restart)).
";

/// The configuration reference in Markdown: one table for each section.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    let mut section = String::new();
    for key in keys() {
        let (of, name) = key.name.rsplit_once('.').expect("keys stand in sections");
        if section != of {
            of.clone_into(&mut section);
            let _ = write!(page, "\n## {of}\n\n| key | variable | default | meaning |\n|---|---|---|---|\n");
        }
        let _ = writeln!(page, "| `{name}` | {} | {} | {} |", variables(&key), default(&key), meaning(&key));
    }
    page
}

fn variables(key: &Key) -> String {
    let variable = key.variable();
    match key.name.as_str() {
        "database.url" => format!("`{variable}`, `DATABASE_URL`; secret"),
        "redis.url" => format!("`{variable}`, `REDIS_URL`; secret"),
        "search.elasticsearch_url" => format!("`{variable}`, `ELASTICSEARCH_URL`; secret"),
        _ if key.is_secret() => format!("`{variable}`; secret"),
        _ => format!("`{variable}`"),
    }
}

fn default(key: &Key) -> String {
    match key.default.as_str() {
        Some("") => "empty".to_owned(),
        Some(text) => format!("`{text}`"),
        None => format!("`{}`", key.default),
    }
}

fn meaning(key: &Key) -> String {
    let text = key.meaning.replace('|', "\\|");
    match key.bounds {
        Some((low, high)) => format!("{text} {low} to {high}."),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/configuration.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, reference()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/operate/configuration.md is stale: UPDATE=1 cargo test -p curtail-config reference"
        );
    }
}
