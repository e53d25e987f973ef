//! What becomes of each item.

use curtail_proto::links::v1::batch_create_links_response::{Outcome, outcome::Result as Ending};
use curtail_proto::links::v1::{BatchCreateLinksResponse, Link, Problem};
use curtail_rpc::Error;

use crate::link::Draft;

/// An item that passed its checks.
#[derive(Debug)]
pub(super) struct Item {
    /// Its place in the request.
    pub(super) place: usize,
    pub(super) draft: Draft,
}

/// An outcome for each place of the request.
#[derive(Debug)]
pub(super) struct Outcomes(Vec<Outcome>);

impl Outcomes {
    pub(super) fn new(count: usize) -> Self {
        Self(vec![Outcome::default(); count])
    }

    pub(super) fn settle(&mut self, place: usize, link: Link, existed: bool) {
        self.0[place] = Outcome { result: Some(Ending::Link(link)), existed };
    }

    pub(super) fn refuse(&mut self, place: usize, error: Error) {
        self.0[place] = Outcome { result: Some(Ending::Problem(problem(error))), existed: false };
    }

    pub(super) fn into_response(self) -> BatchCreateLinksResponse {
        BatchCreateLinksResponse { outcomes: self.0 }
    }
}

/// A refusal of one item.
pub fn problem(error: Error) -> Problem {
    let suggestions = error.metadata.get("suggestions").and_then(|list| serde_json::from_str(list).ok());
    Problem {
        code: error.code.as_str().to_owned(),
        reason: error.reason.into_owned(),
        field: error.field.unwrap_or_default().into_owned(),
        message: error.message.into_owned(),
        suggestions: suggestions.unwrap_or_default(),
    }
}
