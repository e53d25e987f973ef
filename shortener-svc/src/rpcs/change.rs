//! What all changes of an existing link have in common: lock, authorise, decide, write, tell.

use curtail_proto::links::v1::Link as LinkMessage;
use curtail_rpc::{Error, UserCaller};
use time::OffsetDateTime;

use crate::access;
use crate::app::App;
use crate::failure::Failure;
use crate::link::Link;
use crate::link::event::{self, Fact};
use crate::refusal;
use crate::store::{find, update};
use crate::tags;

/// Changes the link `id` as `decide` says: to what, and which fact that is; none leaves it as it is. `decide` sees the link
/// under its lock, once the user is known to be allowed to change it.
pub(super) async fn change(
    app: &App,
    user: &UserCaller,
    id: i64,
    decide: impl FnOnce(&Link, OffsetDateTime) -> Result<Option<(Link, Fact)>, Error>,
) -> Result<LinkMessage, Error> {
    let now = app.now();
    let link = in_transaction(app, user, id, now, decide).await?;
    Ok(app.message(&link, now))
}

async fn in_transaction(
    app: &App,
    user: &UserCaller,
    id: i64,
    now: OffsetDateTime,
    decide: impl FnOnce(&Link, OffsetDateTime) -> Result<Option<(Link, Fact)>, Error>,
) -> Result<Link, Failure> {
    let mut tx = app.pool.begin().await?;
    let before = access::writable(user, find::for_update(&mut *tx, id).await?)?;
    if before.block_reason.is_some() {
        return Err(refusal::link_blocked().into());
    }
    let Some((mut link, fact)) = decide(&before, now)? else { return Ok(before) };
    if link.tags != before.tags {
        let tags = tags::resolve(&mut tx, link.workspace_id, &link.tags, "tags").await?;
        link.set_tags(tags);
        // Another spelling of the tags that the link carries is no change.
        if link == before {
            return Ok(before);
        }
    }
    link.version += 1;
    link.updated_at = now;
    update::write(&mut *tx, &link).await?;
    curtail_db::outbox::append(&mut tx, event::STREAM, &app.event(fact, &link, now)).await?;
    tx.commit().await?;
    app.wake_relay();
    Ok(link)
}

/// Refuses when the caller has seen another version; 0 fits every one.
pub(super) fn check_version(link: &Link, seen: i64) -> Result<(), Error> {
    if seen == 0 || seen == link.version { Ok(()) } else { Err(refusal::version_mismatch(link.version)) }
}
