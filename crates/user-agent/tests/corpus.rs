//! Real user agents and what they are.

use curtail_user_agent::{Kind, UserAgent, is_preview, parse};

const CORPUS: &str = include_str!("corpus.tsv");

/// Kind, device, system, browser and user agent of each line.
fn corpus() -> impl Iterator<Item = [&'static str; 5]> {
    CORPUS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<&str> = line.splitn(5, '\t').collect();
        fields.try_into().expect("five fields a line")
    })
}

fn differs(expected: &str, actual: Option<&str>) -> bool {
    expected != "*" && expected != actual.unwrap_or_default()
}

fn is_kind(expected: &str, kind: Kind) -> bool {
    match expected {
        "person" => kind == Kind::Person,
        "preview" => kind == Kind::Preview,
        "bot" => kind == Kind::Bot,
        "program" => kind != Kind::Person,
        other => panic!("no kind: {other}"),
    }
}

#[test]
fn the_corpus_is_understood() {
    let mut wrong = Vec::new();
    for [kind, device, system, browser, user_agent] in corpus() {
        let actual: UserAgent = parse(user_agent);
        if !is_kind(kind, actual.kind)
            || differs(device, actual.device)
            || differs(system, actual.system.as_deref())
            || differs(browser, actual.browser.as_deref())
        {
            wrong.push(format!("{user_agent}\n  expected {kind} {device} {system} {browser}\n  got {actual:?}"));
        }
        assert_eq!(is_preview(user_agent.as_bytes()), actual.kind == Kind::Preview, "{user_agent}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_is_large() {
    assert!(corpus().count() >= 300);
    assert!(corpus().filter(|[kind, ..]| *kind == "person").count() >= 150);
}

#[test]
fn every_program_of_the_corpus_that_sends_a_name_has_one() {
    for [kind, .., user_agent] in corpus() {
        if kind != "person" && user_agent.len() > 2 {
            assert!(parse(user_agent).browser.is_some(), "{user_agent}");
        }
    }
}
