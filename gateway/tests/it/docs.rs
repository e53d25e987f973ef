//! What the documentation says of bounds, costs and codes is what holds.

use std::collections::BTreeSet;

use async_graphql::Variables;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use curtail_graphql_http::{Documents, Sizes, plan};
use gateway::error::Code;
use gateway::limits::{self, CREDENTIAL_MUTATIONS};

const API: &str = include_str!("../../../docs/use/graphql.md");
const GUIDE: &str = include_str!("../../../docs/use/guide.md");

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Every page for users of the API.
fn pages() -> Vec<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/use")).unwrap();
    folder.map(|page| std::fs::read_to_string(page.unwrap().path()).unwrap()).collect()
}

#[test]
fn the_mutations_of_which_there_is_one_are_those_of_the_code() {
    let row = API.lines().find(|line| line.starts_with("| `TOO_MANY_CREDENTIAL_MUTATIONS`")).unwrap();
    assert_eq!(quoted(row)[1..], *CREDENTIAL_MUTATIONS);
}

#[test]
fn every_code_is_explained() {
    let pages = pages();
    let explained: BTreeSet<_> = pages.iter().flat_map(|page| quoted(page)).collect();
    let missing: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !explained.contains(code)).collect();
    assert!(missing.is_empty(), "no page of docs/ has {missing:?}");
}

#[test]
fn the_costs_in_the_guide_are_what_is_reckoned() {
    let (_, table) = GUIDE.split_once("<!-- costs:").unwrap();
    let rows: Vec<_> =
        table.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 5, "{rows:?}");
    let sizes = Sizes::from_sdl(include_str!("../../schema.graphql")).unwrap();
    let mut limits = limits::from_config(&curtail_config::Config::for_tests().gateway);
    let most = limits.max_cost as u64;
    limits.max_cost = usize::MAX;
    let documents = Documents::new(limits.clone(), 10);
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let document = quoted(row)[0];
            let known = documents.check(document).unwrap();
            let cost = plan(&known, None, &Variables::default(), &sizes, &limits).unwrap().cost;
            let [said, why] = [2, 3].map(|column| row.split('|').nth(column).unwrap().trim());
            let right = said.replace(',', "") == cost.to_string() && why.contains("refused") == (cost > most);
            (!right).then(|| format!("{document} costs {cost}, not {said}"))
        })
        .collect();
    assert!(wrong.is_empty(), "docs/use/guide.md: {wrong:#?}");
}

#[test]
fn every_root_field_is_explained() {
    let pages = pages();
    let names = |word: &str| word.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
    let explained: BTreeSet<_> = pages.iter().flat_map(|page| quoted(page)).map(names).collect();
    let schema = parse_schema(include_str!("../../schema.graphql")).unwrap();
    for definition in schema.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let TypeKind::Object(root) = &definition.node.kind else { continue };
        if ["Query", "Mutation", "Subscription"].contains(&definition.node.name.node.as_str()) {
            for field in &root.fields {
                let name = field.node.name.node.as_str();
                assert!(explained.contains(name), "no page of docs/ has `{name}`");
            }
        }
    }
}
