//! Codes for many new links.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::Bulk;
use super::outcome::{Item, Outcomes};
use crate::code::{self, ATTEMPTS};
use crate::failure::Failure;
use crate::link::Link;
use crate::refusal;
use crate::store::codes::{self, Claim};
use crate::tags::{self, Tag};

/// An item with the code it would like to have.
struct Candidate {
    id: i64,
    code: String,
    item: Item,
}

/// Registers a code for each item: the links that have theirs, with their places. Taken aliases are refused; taken random codes
/// are drawn again, all at once.
pub(super) async fn assign(
    bulk: &Bulk<'_>,
    conn: &mut PgConnection,
    items: Vec<Item>,
    existing: &HashMap<String, Tag>,
    outcomes: &mut Outcomes,
) -> Result<Vec<(usize, Link)>, Failure> {
    let (mut open, mut links, mut taken) = (items, Vec::new(), Vec::new());
    for attempt in 0..ATTEMPTS {
        if open.is_empty() {
            break;
        }
        let candidates = propose(bulk, open, attempt)?;
        let claims = candidates.iter().map(claim).collect();
        let won: HashSet<i64> = codes::claim(&mut *conn, claims).await?.into_iter().collect();
        open = Vec::new();
        for Candidate { id, code, item } in candidates {
            let Item { place, draft } = item;
            if won.contains(&id) {
                let tags = tags::pick(existing, &draft.tags);
                links.push((place, draft.into_link(id, bulk.workspace, bulk.creator, code, tags)));
            } else if draft.alias.is_some() {
                taken.push((place, draft.domain, code));
            } else {
                open.push(Item { place, draft });
            }
        }
    }
    refuse_taken(bulk, conn, taken, outcomes).await?;
    if !open.is_empty() {
        return Err(curtail_rpc::Error::internal(anyhow::anyhow!("no free code after {ATTEMPTS} tries")).into());
    }
    Ok(links)
}

fn propose(bulk: &Bulk<'_>, items: Vec<Item>, attempt: usize) -> Result<Vec<Candidate>, curtail_rpc::Error> {
    let candidate = |item: Item| {
        let code = match &item.draft.alias {
            Some(alias) => alias.as_str().to_owned(),
            None => bulk.app.codes.draw(attempt, &mut **bulk.app.rng()),
        };
        Ok(Candidate { id: bulk.app.next_id()?, code, item })
    };
    items.into_iter().map(candidate).collect()
}

fn claim(candidate: &Candidate) -> Claim {
    let Candidate { id, code, item } = candidate;
    Claim { domain: item.draft.domain.clone(), code: code.clone(), link_id: *id }
}

/// One look-up for each domain finds the suggestions for all aliases on it.
async fn refuse_taken(
    bulk: &Bulk<'_>,
    conn: &mut PgConnection,
    taken: Vec<(usize, String, String)>,
    outcomes: &mut Outcomes,
) -> Result<(), sqlx::Error> {
    let mut by_domain: HashMap<String, Vec<(usize, Vec<String>)>> = HashMap::new();
    for (place, domain, code) in taken {
        let wanted = code::candidates(&code, &mut **bulk.app.rng());
        by_domain.entry(domain).or_default().push((place, wanted));
    }
    for (domain, aliases) in by_domain {
        let all: Vec<String> = aliases.iter().flat_map(|(_, wanted)| wanted).cloned().collect();
        let free: HashSet<String> = codes::free(&mut *conn, &domain, &all).await?.into_iter().collect();
        for (place, wanted) in aliases {
            let free: Vec<_> =
                wanted.into_iter().filter(|alias| free.contains(alias)).take(code::SUGGESTIONS).collect();
            outcomes.refuse(place, refusal::alias_taken(&free));
        }
    }
    Ok(())
}
