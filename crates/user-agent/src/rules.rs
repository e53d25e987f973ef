//! Many regular expressions of which few can match: an automaton over the literals that they require picks candidates, and an
//! expression is compiled when it is a candidate for the first time.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Captures, Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

/// Shorter literals stand in nearly every user agent.
const MIN_LITERAL: usize = 3;

/// The most literals of which an expression requires one.
const MAX_LITERALS: usize = 32;

/// One expression of a table.
struct Rule {
    source: &'static str,
    replacement: Option<&'static str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Rule {
    fn regex(&self) -> Option<&Regex> {
        let compile =
            || RegexBuilder::new(self.source).unicode(false).build().ok().or_else(|| Regex::new(self.source).ok());
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// A table of expressions in the order of their precedence.
pub(crate) struct Rules {
    rules: Vec<Rule>,
    literals: AhoCorasick,
    /// The rule of each literal.
    owners: Vec<usize>,
    /// Rules that require no literal.
    always: Vec<usize>,
}

impl Rules {
    /// Reads a table: an expression a line, after a tab the name that it stands for; `#` begins a comment.
    pub(crate) fn new(table: &'static str) -> Self {
        let (mut rules, mut owners, mut words, mut always) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            let (source, replacement) = match line.split_once('\t') {
                Some((source, replacement)) => (source, Some(replacement)),
                None => (line, None),
            };
            match regex_syntax::parse(source).ok().and_then(|hir| required(&hir)) {
                Some(literals) => {
                    owners.extend(literals.iter().map(|_| rules.len()));
                    words.extend(literals);
                }
                None => always.push(rules.len()),
            }
            rules.push(Rule { source, replacement, compiled: OnceLock::new() });
        }
        let literals = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&words)
            .expect("a few thousand short literals make an automaton");
        Self { rules, literals, owners, always }
    }

    /// The name that the first matching rule gives.
    pub(crate) fn name(&self, text: &str) -> Option<String> {
        self.candidates(text).into_iter().find_map(|index| {
            let rule = &self.rules[index];
            let groups = rule.regex()?.captures(text)?;
            Some(rule.replacement.map_or_else(|| group(&groups, 1).to_owned(), |name| expand(name, &groups)))
        })
    }

    /// Returns `true` if any rule matches.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.candidates(text)
            .into_iter()
            .any(|index| self.rules[index].regex().is_some_and(|regex| regex.is_match(text)))
    }

    /// Rules that may match, in their order.
    fn candidates(&self, text: &str) -> Vec<usize> {
        let mut found = self.always.clone();
        found.extend(self.literals.find_overlapping_iter(text).map(|hit| self.owners[hit.pattern().as_usize()]));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Expressions that cannot be compiled.
    #[cfg(test)]
    pub(crate) fn broken(&self) -> Vec<&'static str> {
        self.rules.iter().filter(|rule| rule.regex().is_none()).map(|rule| rule.source).collect()
    }

    /// The share of rules that an automaton cannot rule out.
    #[cfg(test)]
    pub(crate) fn unfiltered(&self) -> (usize, usize) {
        (self.always.len(), self.rules.len())
    }
}

fn group<'t>(groups: &Captures<'t>, number: usize) -> &'t str {
    groups.get(number).map_or("", |found| found.as_str())
}

/// A name with `$1` to `$4` replaced.
fn expand(name: &str, groups: &Captures<'_>) -> String {
    let expanded =
        (1..=4).fold(name.to_owned(), |name, number| name.replace(&format!("${number}"), group(groups, number)));
    expanded.trim().to_owned()
}

/// Literals of which every match contains one, in lower case; `None` when there are none that help.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => worth(vec![std::str::from_utf8(&literal.0).ok()?.to_lowercase()]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => sequences(parts).into_iter().max_by_key(|set| shortest(set)),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            worth(all)
        }
        _ => None,
    }
}

/// The literals that the parts of a concatenation require; letters in either case form a literal together.
fn sequences(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut sets = Vec::new();
    let mut run = String::new();
    for part in parts {
        if let Some(letters) = exact(part) {
            run.push_str(&letters);
            continue;
        }
        sets.extend(worth(vec![std::mem::take(&mut run)]));
        sets.extend(required(part));
    }
    sets.extend(worth(vec![run]));
    sets
}

/// The text that the expression matches, if it is only one in lower case.
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.to_lowercase()),
        HirKind::Class(class) => {
            let literal = class.clone();
            let set = match literal {
                regex_syntax::hir::Class::Unicode(set) => set,
                regex_syntax::hir::Class::Bytes(_) => return None,
            };
            let mut letters = set.ranges().iter().filter(|range| range.start().is_ascii());
            let first = letters.next()?;
            let same = |c: char| c.eq_ignore_ascii_case(&first.start());
            (first.start() == first.end() && letters.all(|range| same(range.start()) && same(range.end())))
                .then(|| first.start().to_ascii_lowercase().to_string())
        }
        _ => None,
    }
}

fn worth(literals: Vec<String>) -> Option<Vec<String>> {
    let helps = literals.len() <= MAX_LITERALS
        && shortest(&literals) >= MIN_LITERAL
        && literals.iter().all(|literal| literal.is_ascii());
    helps.then_some(literals)
}

fn shortest(literals: &[String]) -> usize {
    literals.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_literals() {
        let literals = |source: &str| required(&regex_syntax::parse(source).expect("an expression"));
        assert_eq!(literals(r"(Firefox)/(\d+)"), Some(vec!["firefox".to_owned()]));
        assert_eq!(literals("(?i)bingbot"), Some(vec!["bingbot".to_owned()]));
        assert_eq!(literals("(?:Slack|Teams)/x"), Some(vec!["slack".to_owned(), "teams".to_owned()]));
        assert_eq!(literals("(Opera)?/.+"), None);
        assert_eq!(literals("ab"), None);
    }

    #[test]
    fn the_first_rule_names() {
        let rules = Rules::new("# A comment.\n(Foo)bar/1\t$1 App\n(Foobar|Foobaz)/\n.*Zip\tZip");
        assert_eq!(rules.name("x Foobar/1").as_deref(), Some("Foo App"));
        assert_eq!(rules.name("x Foobar/2").as_deref(), Some("Foobar"));
        assert_eq!(rules.name("Zip").as_deref(), Some("Zip"));
        assert_eq!(rules.name("none"), None);
    }
}
