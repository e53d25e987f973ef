//! GraphQL documents: what passes the bounds stays within them, and the plan of each of its operations can be made.
#![no_main]

use std::sync::LazyLock;

use async_graphql::Variables;
use curtail_config::Config;
use curtail_graphql_http::{Documents, Limits, Sizes, plan};
use gateway::limits;
use libfuzzer_sys::fuzz_target;

static LIMITS: LazyLock<Limits> = LazyLock::new(|| limits::from_config(&Config::for_tests().gateway));
static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents::new(limits::from_config(&Config::for_tests().gateway), 1));
static SIZES: LazyLock<Sizes> =
    LazyLock::new(|| Sizes::from_sdl(include_str!("../../gateway/schema.graphql")).expect("our schema"));

fuzz_target!(|text: &str| {
    let Ok(document) = DOCUMENTS.check(text) else { return };
    for name in document.names().map(Some).chain([None]) {
        if let Ok(plan) = plan(&document, name, &Variables::default(), &SIZES, &LIMITS) {
            assert!(plan.cost <= LIMITS.max_cost as u64);
            assert!(plan.credential_mutations <= LIMITS.max_credential_mutations as u64);
        }
    }
});
