//! From a question to a query of the embedded engine.

use std::ops::Bound;

use curtail_proto::links::v1::LinkState;
use tantivy::Term;
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, InvertedIndexRangeQuery, Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::fields::{self, Fields};
use super::typos::NearQuery;
use crate::near;
use crate::part::{ONE_TYPO, PREFIX, Part, TWO_TYPOS};
use crate::question::Question;
use crate::state::{self, Condition};
use crate::words::typos;

/// The query: inside of the workspace, every word somewhere, and all filters.
pub fn plan(fields: &Fields, question: &Question) -> Box<dyn Query> {
    // What only filters must not add to the score.
    let filter = |query: Box<dyn Query>| (Occur::Must, boxed(ConstScoreQuery::new(query, 0.0)));
    let mut all = vec![filter(term(Term::from_field_i64(fields.workspace, question.workspace)))];
    for tag in &question.tags {
        all.push(filter(term(Term::from_field_text(fields.tag_key, tag))));
    }
    if !question.domain.is_empty() {
        all.push(filter(term(Term::from_field_text(fields.domain, &question.domain))));
    }
    if !question.states.is_empty() {
        let states = question.states.iter().filter_map(|state| state::condition(*state));
        let any: Vec<_> = states.map(|state| (Occur::Should, condition(fields, &state, question.now_us))).collect();
        all.push(filter(boxed(BooleanQuery::new(any))));
    }
    let last = question.words.len().saturating_sub(1);
    for (n, word) in question.words.iter().enumerate() {
        all.push((Occur::Must, somewhere(fields, question.workspace, word, n == last)));
    }
    boxed(BooleanQuery::new(all))
}

/// The word in any part; the best place counts.
fn somewhere(fields: &Fields, workspace: i64, word: &str, is_prefix: bool) -> Box<dyn Query> {
    let key = fields::key(workspace, word);
    let near: Vec<_> = (1..=typos(word))
        .map(|typos| (near::within(word, typos), if typos == 1 { ONE_TYPO } else { TWO_TYPOS }))
        .collect();
    let mut ways: Vec<Box<dyn Query>> = Vec::new();
    for part in Part::ALL {
        let field = fields.words(part);
        let mut way = |query, share: f32| ways.push(boxed(ConstScoreQuery::new(query, part.weight() * share)));
        way(term(Term::from_field_text(field, &key)), 1.0);
        if is_prefix {
            way(beginning(field, &key), PREFIX);
        }
        for (near, share) in &near {
            way(boxed(NearQuery::new(field, workspace, near.clone())), *share);
        }
    }
    boxed(DisjunctionMaxQuery::new(ways))
}

/// Words that begin with `key`. No byte of UTF-8 is 0xff, so the end is behind all of them.
fn beginning(field: Field, key: &str) -> Box<dyn Query> {
    let from = Term::from_field_text(field, key);
    let mut until = from.clone();
    until.append_bytes(&[0xff]);
    boxed(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(until)))
}

fn condition(fields: &Fields, condition: &Condition, now_us: i64) -> Box<dyn Query> {
    let lasting = condition.lasting.iter().map(|state| (Occur::Should, is(fields.lasting, number(*state))));
    let mut all = vec![(Occur::Must, boxed(BooleanQuery::new(lasting.collect())))];
    for (field, passed) in [(fields.starts, condition.started), (fields.expires, condition.expired)] {
        if let Some(passed) = passed {
            let now = Term::from_field_i64(field, now_us);
            let range = match passed {
                true => RangeQuery::new(Bound::Unbounded, Bound::Included(now)),
                false => RangeQuery::new(Bound::Excluded(now), Bound::Unbounded),
            };
            all.push((Occur::Must, boxed(range)));
        }
    }
    boxed(BooleanQuery::new(all))
}

fn number(state: LinkState) -> i64 {
    i64::from(i32::from(state))
}

fn is(field: Field, value: i64) -> Box<dyn Query> {
    let value = Term::from_field_i64(field, value);
    boxed(RangeQuery::new(Bound::Included(value.clone()), Bound::Included(value)))
}

fn term(term: Term) -> Box<dyn Query> {
    boxed(TermQuery::new(term, IndexRecordOption::Basic))
}

fn boxed(query: impl Query) -> Box<dyn Query> {
    Box::new(query)
}
