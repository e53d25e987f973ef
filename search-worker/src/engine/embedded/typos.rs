//! Words with typos, looked up in the dictionary of one workspace.

use std::fmt;
use std::sync::Arc;

use levenshtein_automata::{DFA, Distance, SINK_STATE};
use tantivy::query::{AutomatonWeight, EnableScoring, Query, Weight};
use tantivy::schema::Field;
use tantivy_fst::Automaton;

use super::fields;

/// Links of a workspace that have a word near to another in one field.
#[derive(Clone)]
pub struct NearQuery {
    field: Field,
    near: Arc<DFA>,
    prefix: Arc<[u8]>,
}

impl NearQuery {
    /// Words of `workspace` in `field` that `near` accepts.
    pub fn new(field: Field, workspace: i64, near: Arc<DFA>) -> Self {
        Self { field, near, prefix: fields::key(workspace, "").into_bytes().into() }
    }
}

impl fmt::Debug for NearQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NearQuery").field("field", &self.field).finish_non_exhaustive()
    }
}

impl Query for NearQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let automaton = Keyed { prefix: Arc::clone(&self.prefix), near: Arc::clone(&self.near) };
        Ok(Box::new(AutomatonWeight::new(self.field, automaton)))
    }
}

/// The prefix to the letter, then a word with typos.
struct Keyed {
    prefix: Arc<[u8]>,
    near: Arc<DFA>,
}

#[derive(Clone, Copy)]
enum State {
    /// So many bytes of the prefix were read.
    Prefix(usize),
    Word(u32),
    Dead,
}

impl Automaton for Keyed {
    type State = State;

    fn start(&self) -> State {
        State::Prefix(0)
    }

    fn is_match(&self, state: &State) -> bool {
        matches!(state, State::Word(word) if matches!(self.near.distance(*word), Distance::Exact(_)))
    }

    fn can_match(&self, state: &State) -> bool {
        !matches!(state, State::Dead | State::Word(SINK_STATE))
    }

    fn accept(&self, state: &State, byte: u8) -> State {
        match *state {
            State::Prefix(read) if self.prefix.get(read) == Some(&byte) => {
                if read + 1 == self.prefix.len() {
                    State::Word(self.near.initial_state())
                } else {
                    State::Prefix(read + 1)
                }
            }
            State::Word(word) => State::Word(self.near.transition(word, byte)),
            _ => State::Dead,
        }
    }
}
