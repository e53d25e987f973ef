//! `expectations.txt`, read.

use std::collections::{BTreeMap, BTreeSet};

use super::caller::Who;

const TEXT: &str = include_str!("expectations.txt");

/// What is expected of each caller at one field, route or RPC.
#[derive(Debug, Clone)]
pub struct Row {
    /// The field, route or RPC, and behind `:` which way of calling it.
    pub name: &'static str,
    /// By caller.
    pub cells: Vec<(Who, &'static str)>,
    /// How `404` or `proof` is told here: a reason, or `null`.
    pub reason: &'static str,
}

impl Row {
    /// The field, route or RPC itself.
    pub fn subject(&self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(subject, _)| subject)
    }

    /// What `who` is expected to be told.
    pub fn expected(&self, who: Who) -> &'static str {
        self.cells.iter().find(|(caller, _)| *caller == who).map_or("", |(_, cell)| cell)
    }

    /// What an answer in the place of `cell` looks like.
    pub fn spelt(&self, cell: &'static str) -> &'static str {
        if matches!(cell, "404" | "proof") { self.reason } else { cell }
    }
}

/// The lines of a section without comments.
fn lines(section: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("[{section}]");
    let lines = TEXT.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.skip_while(move |line| *line != heading).skip(1).take_while(|line| !line.starts_with('['))
}

fn words(line: &'static str) -> Vec<&'static str> {
    line.split("  ").flat_map(|part| part.split('|')).map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// The rows of a section. Columns stand at least two blanks apart, because a route has one within.
pub fn rows(section: &str) -> Vec<Row> {
    let mut lines = lines(section);
    let head = words(lines.next().expect("a section begins with the names of its columns"));
    let callers = &head[1..head.len() - 1];
    lines
        .map(|line| {
            let words = words(line);
            assert_eq!(words.len(), head.len(), "a cell is missing, or stands too close to the next: {line}");
            let callers = callers.iter().map(|name| Who::named(name).unwrap_or_else(|| panic!("no caller {name}")));
            let cells = callers.zip(words[1..].iter().copied()).collect();
            Row { name: words[0], cells, reason: words[words.len() - 1] }
        })
        .collect()
}

/// Fields that are shown to whoever sees the object that they belong to, by type.
pub fn carried() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let entry = |line: &'static str| {
        let (of, fields) = line.split_once(' ').expect("a type and its fields");
        (of, fields.split_whitespace().collect())
    };
    lines("carried").map(entry).collect()
}

/// Complains about what is there without an expectation, and about expectations of what is not there.
pub fn compare(what: &str, there: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let missing: Vec<_> = there.difference(expected).collect();
    assert!(
        missing.is_empty(),
        "{what} without an expectation in gateway/tests/it/access/expectations.txt: {missing:?}"
    );
    let stale: Vec<_> = expected.difference(there).collect();
    assert!(stale.is_empty(), "expectations of {what} that are not there: {stale:?}");
}
