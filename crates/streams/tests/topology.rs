//! The names in Redis: the page has the table of the code, and no other source writes a name out.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

use std::fs;
use std::path::{Path, PathBuf};

use curtail_streams::topology::CONTRACTS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_page_about_redis_has_the_table_of_the_code() {
    let join = |parts: Vec<String>| parts.join(", ");
    let rows = CONTRACTS.iter().map(|contract| {
        let writers = join(contract.writers.iter().map(ToString::to_string).collect());
        let readers = join(contract.readers.iter().map(ToString::to_string).collect());
        format!("| `{}` | {} | {} | {writers} | {readers} |\n", contract.name, contract.kind, contract.content)
    });
    let table = format!(
        "| name | kind | content | written by | read by |\n|---|---|---|---|---|\n{}",
        rows.collect::<String>()
    );
    let page = fs::read_to_string(root().join("docs/understand/redis.md")).unwrap();
    assert!(page.contains(&table), "the table of docs/understand/redis.md should be:\n{table}");
}

/// What a name looks like in source code. Tests may write names out: then a changed name fails a test.
const LITERALS: [&str; 14] = [
    "\"clicks:",
    "\"live:",
    "\"link:",
    "\"gateway:rate",
    "\"auth:",
    ":dlq\"",
    "(\"b\",",
    "(\"e\",",
    "STREAM: &str = \"",
    "GROUP: &str = \"",
    "FIELD: &str = \"e\"",
    "FIELD: &str = \"b\"",
    "Tail::new(&config.redis, \"",
    "Consumer::new(&config.redis, \"",
];

#[test]
fn no_other_source_writes_a_name_out() {
    let mut found = Vec::new();
    let mut dirs = vec![root()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            let skipped =
                name.starts_with('.') || ["target", "node_modules", "tests", "proto"].contains(&name.as_str());
            if entry.is_dir() && !skipped {
                dirs.push(entry);
            } else if name.ends_with(".rs") && name != "topology.rs" {
                let source = fs::read_to_string(&entry).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap();
                let lines = code.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
                for line in lines.filter(|line| LITERALS.iter().any(|literal| line.contains(literal))) {
                    found.push(format!("{}: {line}", entry.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "take these names from curtail_streams::topology:\n{}", found.join("\n"));
}
