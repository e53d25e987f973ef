//! The tags of many new links.

use std::collections::{BTreeSet, HashMap};

use sqlx::PgConnection;

use super::outcome::{Item, Outcomes};
use crate::failure::Failure;
use crate::refusal;
use crate::tags::{self, Tag, key, store};

/// Creates the tags that are missing and returns all of them by key. Items that would bring the workspace above its number of
/// tags are refused.
pub(super) async fn make(
    conn: &mut PgConnection,
    workspace: i64,
    items: Vec<Item>,
    outcomes: &mut Outcomes,
) -> Result<(Vec<Item>, HashMap<String, Tag>), Failure> {
    let wanted = names(&items);
    if wanted.is_empty() {
        return Ok((items, HashMap::new()));
    }
    let existing = store::find(&mut *conn, workspace, &wanted).await?;
    let room = tags::room(&mut *conn, workspace).await?;
    let (items, refused) = admit(items, |key| existing.contains_key(key), room);
    for place in refused {
        outcomes.refuse(place, refusal::too_many_tags("tags"));
    }
    let tags = tags::resolve(conn, workspace, &names(&items), "tags").await?;
    Ok((items, tags.into_iter().map(|tag| (key(&tag.name), tag)).collect()))
}

/// The names of all tags, each tag once, in the spelling that comes first.
fn names(items: &[Item]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = items.iter().flat_map(|item| &item.draft.tags);
    all.filter(|name| seen.insert(key(name))).cloned().collect()
}

/// Lets items through as long as their new tags fit into `room`; the places of the others come second.
fn admit(items: Vec<Item>, exists: impl Fn(&str) -> bool, room: usize) -> (Vec<Item>, Vec<usize>) {
    let mut new = BTreeSet::new();
    let (mut admitted, mut refused) = (Vec::new(), Vec::new());
    for item in items {
        let keys = item.draft.tags.iter().map(|name| key(name));
        let more: BTreeSet<String> = keys.filter(|key| !exists(key)).collect();
        if new.union(&more).count() <= room {
            new.extend(more);
            admitted.push(item);
        } else {
            refused.push(item.place);
        }
    }
    (admitted, refused)
}
