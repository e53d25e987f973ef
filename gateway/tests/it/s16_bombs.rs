//! S16: documents that are small to send and large to execute.

use std::time::Duration;

use async_graphql::Variables;
use curtail_graphql_http::{Documents, Sizes, plan};
use gateway::limits;

use crate::bombs;

/// Time that this thread has spent on a processor.
fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
}

#[test]
fn s16_bombs_are_refused_before_they_cost_anything() {
    let limits = limits::from_config(&curtail_config::Config::for_tests().gateway);
    let sizes = Sizes::from_sdl(&gateway::schema::sdl()).unwrap();
    assert!(bombs::fragments().len() >= 40);
    for (name, document) in &bombs::all() {
        // Caches may be cold and the machine busy: the quickest of three counts.
        let took = (0..3).map(|_| {
            let documents = Documents::new(limits.clone(), 1);
            let start = cpu();
            let refused = documents.check(document).and_then(|known| {
                let name = known.parsed.operations.iter().find_map(|(name, _)| name.cloned());
                plan(&known, name.as_deref(), &Variables::default(), &sizes, &limits)
            });
            let took = cpu() - start;
            assert!(refused.is_err(), "{name} passed");
            took
        });
        let took = took.min().unwrap();
        assert!(took < budget(), "{name} took {took:?}");
    }
}

/// 5 ms as it is shipped; without optimisation a document of the longest size that is parsed takes 30 ms.
fn budget() -> Duration {
    Duration::from_millis(if cfg!(debug_assertions) { 60 } else { 5 })
}

#[test]
fn s16_variables_weigh_as_often_as_they_are_used() {
    let limits = limits::from_config(&curtail_config::Config::for_tests().gateway);
    let sizes = Sizes::from_sdl(&gateway::schema::sdl()).unwrap();
    let documents = Documents::new(limits.clone(), 10);
    let variables = Variables::from_json(serde_json::json!({"v": "x".repeat(200_000), "n": 100, "m": 101}));
    let code = |document: &str| {
        let known = documents.check(document).unwrap();
        plan(&known, None, &variables, &sizes, &limits).map_err(|refusal| refusal.code.as_str())
    };
    let list = "$v ".repeat(100);
    let document = format!("query($v: String) {{ links(filter: {{tags: [{list}]}}) {{ __typename }} }}");
    assert_eq!(code(&document), Err("TOO_EXPENSIVE"));
    assert_eq!(code("query($m: Int) { links(first: $m) { __typename } }"), Err("PAGE_TOO_LARGE"));
    assert_eq!(code("query($u: Int = 101) { links(first: $u) { __typename } }"), Err("PAGE_TOO_LARGE"));
    let page = code("query($n: Int) { links(first: $n) { edges { node { id } } } }").unwrap();
    assert_eq!(page.cost, 201, "the connection, 100 edges, 100 nodes");
}

#[test]
fn s16_what_real_clients_send_passes() {
    let limits = limits::from_config(&curtail_config::Config::for_tests().gateway);
    let sizes = Sizes::from_sdl(&gateway::schema::sdl()).unwrap();
    let documents = Documents::new(limits.clone(), 10);
    for document in [
        include_str!("introspection.graphql"),
        "{ links(first: 50) { edges { cursor node { id code title tags { name } clicks totals { __typename } creator { id } } } } }",
        "mutation { createLink(input: {url: \"https://example.org\"}) { link { id } userErrors { code } } }",
    ] {
        let known = documents.check(document).unwrap_or_else(|refusal| panic!("{document}: {refusal:?}"));
        plan(&known, None, &Variables::default(), &sizes, &limits).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    }
}

#[test]
fn s16_a_document_of_the_longest_size_passes_and_one_byte_more_does_not() {
    let limits = limits::from_config(&curtail_config::Config::for_tests().gateway);
    let longest = limits.max_document_bytes;
    let documents = Documents::new(limits, 1);
    let document = |bytes: usize| format!("{{ version #{}\n}}", "x".repeat(bytes - "{ version #\n}".len()));
    assert!(documents.check(&document(longest)).is_ok());
    let refused = documents.check(&document(longest + 1)).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.limit), ("DOCUMENT_TOO_LONG", Some(longest as u64)));
}
