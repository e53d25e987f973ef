//! The tags of many new links.

use std::collections::{BTreeSet, HashMap};

use sqlx::PgConnection;

use super::outcome::{Item, Outcomes};
use crate::failure::Failure;
use crate::store::tags;
use crate::{refusal, tagging};

/// Makes the tags that are missing and gives the colours of all. Items that would bring the workspace above its number of
/// tags are refused.
pub(super) async fn make(
    conn: &mut PgConnection,
    workspace: i64,
    items: Vec<Item>,
    outcomes: &mut Outcomes,
) -> Result<(Vec<Item>, HashMap<String, String>), Failure> {
    let wanted: BTreeSet<&String> = items.iter().flat_map(|item| &item.draft.tags).collect();
    if wanted.is_empty() {
        return Ok((items, HashMap::new()));
    }
    let wanted: Vec<String> = wanted.into_iter().cloned().collect();
    let known = tags::colors(&mut *conn, workspace, &wanted).await?;
    let room = tagging::room(&mut *conn, workspace).await?;
    let (items, refused) = admit(items, |name| known.contains_key(name), room);
    for place in refused {
        outcomes.refuse(place, refusal::too_many_tags("tags"));
    }
    let names: BTreeSet<&String> = items.iter().flat_map(|item| &item.draft.tags).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    let colors = tagging::colors_of(conn, workspace, &names).await?;
    Ok((items, colors))
}

/// Lets items through as long as their new tags fit into `room`; the places of the others come second.
fn admit(items: Vec<Item>, is_known: impl Fn(&str) -> bool, room: usize) -> (Vec<Item>, Vec<usize>) {
    let mut new = BTreeSet::new();
    let (mut admitted, mut refused) = (Vec::new(), Vec::new());
    for item in items {
        let more: BTreeSet<String> = item.draft.tags.iter().filter(|name| !is_known(name)).cloned().collect();
        if new.union(&more).count() <= room {
            new.extend(more);
            admitted.push(item);
        } else {
            refused.push(item.place);
        }
    }
    (admitted, refused)
}
