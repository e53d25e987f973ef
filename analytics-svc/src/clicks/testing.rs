//! Rows for unit tests.

use curtail_proto::events::v1::Click;

use super::enricher::Enricher;
use super::row::Row;
use crate::retention::Retention;

/// A click of a browser without any particulars.
pub(crate) fn row(workspace_id: i64, link_id: i64, at_ms: i64) -> Row {
    let click = Click { at_ms, link_id, workspace_id, visitor: 3, ..Click::default() };
    let enriched = Enricher::new(None, Retention::new(400, 30, 400)).row(click, at_ms);
    enriched.expect("the click is complete")
}
