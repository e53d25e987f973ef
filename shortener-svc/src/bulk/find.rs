//! Find-or-create for many.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::Bulk;
use super::outcome::{Item, Outcomes};
use crate::store::find;

/// Keeps other find-or-creates of the same destinations out until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, workspace: i64, items: &[Item]) -> Result<(), sqlx::Error> {
    find::lock_destinations(conn, workspace, items.iter().map(|item| item.draft.destination.hash())).await
}

/// The first item for each destination on each domain, and the rest.
pub(super) fn split(items: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    let mut seen = HashSet::new();
    items
        .into_iter()
        .partition(|item| seen.insert((item.draft.domain.clone(), item.draft.destination.as_str().to_owned())))
}

/// Settles the items that have a link already and gives back the others.
pub(super) async fn find(
    bulk: &Bulk<'_>,
    conn: &mut PgConnection,
    items: Vec<Item>,
    outcomes: &mut Outcomes,
) -> Result<Vec<Item>, sqlx::Error> {
    let drafts: Vec<_> = items.iter().map(|item| &item.draft).collect();
    let alike = find::alike(conn, bulk.workspace, &drafts, bulk.now).await?;
    let found: HashMap<i64, _> = alike.into_iter().map(|alike| (alike.place, alike.link)).collect();
    let mut missing = Vec::new();
    for (place, item) in (1..).zip(items) {
        match found.get(&place) {
            Some(link) => bulk.settle(outcomes, item.place, link, true),
            None => missing.push(item),
        }
    }
    Ok(missing)
}
