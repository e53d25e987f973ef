//! Renames, merges and deletes tags, with the links that carry them.
//!
//! Each is one transaction: the tag and all its links change, or nothing does. A link that changes gets a new version and an
//! event, as by any other change. The row of the tag is changed first. That waits for creates that are about to use the tag,
//! and later ones wait for the end; so no link keeps a tag that does not exist.

use curtail_proto::links::v1::{
    self as pb, DeleteTagRequest, DeleteTagResponse, MergeTagsRequest, MergeTagsResponse, RenameTagRequest,
    RenameTagResponse,
};
use curtail_rpc::{Code, Error, UserCaller};
use curtail_tokens::{Role, Scope};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use super::{Tag, check, key, resolve, store};
use crate::app::App;
use crate::audit::{self, Action};
use crate::failure::Failure;
use crate::limits;
use crate::link::Link;
use crate::link::event::{self, Fact};
use crate::refusal::invalid;
use crate::store::update;

/// Links that one statement reads and writes.
const CHUNK: i64 = 500;

/// Renames a tag on every link that carries it.
pub async fn rename(app: &App, request: Request<RenameTagRequest>) -> Result<RenameTagResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    let user = writer(&request, workspace)?;
    let name = check(&request.get_ref().name, "name")?;
    let new_name = check(&request.get_ref().new_name, "newName")?;
    let (tag, links) = rename_in_transaction(app, user, workspace, &name, &new_name).await?;
    app.wake_relay();
    Ok(RenameTagResponse { tag: Some(message(tag)), links })
}

async fn rename_in_transaction(
    app: &App,
    user: &UserCaller,
    workspace: i64,
    name: &str,
    new_name: &str,
) -> Result<(Tag, u32), Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let old = existing(&mut tx, workspace, name, "name").await?;
    if old.name == new_name {
        return Ok((old, 0));
    }
    if key(&old.name) != key(new_name) && !store::find(&mut *tx, workspace, &[new_name.to_owned()]).await?.is_empty() {
        let message = "there is a tag of that name; merge the two instead";
        return Err(Error::new(Code::Conflict, "TAG_EXISTS", message).field("newName").into());
    }
    store::set_name(&mut *tx, workspace, &old.name, new_name).await.map_err(taken)?;
    let new = Tag { name: new_name.to_owned(), color: old.color };
    let links = replace(app, &mut tx, workspace, std::slice::from_ref(&old.name), Some(&new), now).await?;
    let action = Action {
        name: "tag.renamed",
        target_id: 0,
        before: json!({"name": old.name}),
        after: json!({"name": new.name, "links": links}),
    };
    audit::record(app, &mut tx, user, workspace, action, now).await?;
    tx.commit().await?;
    Ok((new, links))
}

/// Replaces tags by another one on every link that carries them.
pub async fn merge(app: &App, request: Request<MergeTagsRequest>) -> Result<MergeTagsResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    let user = writer(&request, workspace)?;
    let MergeTagsRequest { names, into, .. } = request.get_ref();
    if !(1..=limits::TAGS_PER_LINK).contains(&names.len()) {
        let message = format!("between 1 and {} tags at a time", limits::TAGS_PER_LINK);
        return Err(invalid("TAG_COUNT", "names", message));
    }
    let names = names.iter().map(|name| check(name, "names")).collect::<Result<Vec<_>, _>>()?;
    let into = check(into, "into")?;
    let (tag, links) = merge_in_transaction(app, user, workspace, &names, into).await?;
    app.wake_relay();
    Ok(MergeTagsResponse { tag: Some(message(tag)), links })
}

async fn merge_in_transaction(
    app: &App,
    user: &UserCaller,
    workspace: i64,
    names: &[String],
    into: String,
) -> Result<(Tag, u32), Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let mut old = Vec::new();
    for name in names.iter().filter(|name| key(name) != key(&into)) {
        old.push(existing(&mut tx, workspace, name, "names").await?.name);
    }
    old.sort_unstable();
    old.dedup();
    let into = resolve(&mut tx, workspace, &[into], "into").await?.swap_remove(0);
    store::delete(&mut *tx, workspace, &old).await?;
    let links = replace(app, &mut tx, workspace, &old, Some(&into), now).await?;
    let action = Action {
        name: "tag.merged",
        target_id: 0,
        before: json!({"names": old}),
        after: json!({"name": into.name, "links": links}),
    };
    audit::record(app, &mut tx, user, workspace, action, now).await?;
    tx.commit().await?;
    Ok((into, links))
}

/// Removes a tag from every link that carries it.
pub async fn delete(app: &App, request: Request<DeleteTagRequest>) -> Result<DeleteTagResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    let user = writer(&request, workspace)?;
    let name = check(&request.get_ref().name, "name")?;
    let links = delete_in_transaction(app, user, workspace, &name).await?;
    app.wake_relay();
    Ok(DeleteTagResponse { links })
}

async fn delete_in_transaction(app: &App, user: &UserCaller, workspace: i64, name: &str) -> Result<u32, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let old = [existing(&mut tx, workspace, name, "name").await?.name];
    store::delete(&mut *tx, workspace, &old).await?;
    let links = replace(app, &mut tx, workspace, &old, None, now).await?;
    let action =
        Action { name: "tag.deleted", target_id: 0, before: json!({"name": old[0]}), after: json!({"links": links}) };
    audit::record(app, &mut tx, user, workspace, action, now).await?;
    tx.commit().await?;
    Ok(links)
}

/// Replaces the tags `old` by `new` on all links of the workspace. Returns how many links changed.
pub(super) async fn replace(
    app: &App,
    conn: &mut PgConnection,
    workspace: i64,
    old: &[String],
    new: Option<&Tag>,
    now: OffsetDateTime,
) -> Result<u32, sqlx::Error> {
    let (mut changed, mut after) = (0, 0);
    loop {
        let mut links = store::links(&mut *conn, workspace, old, after, CHUNK).await?;
        let Some(last) = links.last() else { return Ok(changed) };
        after = last.id;
        let colors = store::find(&mut *conn, workspace, &all_tags(&links)).await?;
        for link in &mut links {
            let kept = link.tags.iter().filter(|name| !old.contains(name));
            let tags = kept.filter_map(|name| colors.get(&key(name))).chain(new).cloned().collect();
            link.set_tags(tags);
            link.version += 1;
            link.updated_at = now;
        }
        update::write_all(&mut *conn, &links).await?;
        let events: Vec<_> = links.iter().map(|link| app.event(Fact::Updated, link, now)).collect();
        curtail_db::outbox::append_all(&mut *conn, event::STREAM, &events).await?;
        changed += u32::try_from(links.len()).unwrap_or(u32::MAX);
    }
}

fn all_tags(links: &[Link]) -> Vec<String> {
    let mut names: Vec<String> = links.iter().flat_map(|link| link.tags.iter().cloned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

async fn existing(conn: &mut PgConnection, workspace: i64, name: &str, field: &'static str) -> Result<Tag, Failure> {
    let tags = store::find(conn, workspace, &[name.to_owned()]).await?;
    tags.into_values()
        .next()
        .ok_or_else(|| Error::new(Code::NotFound, "TAG_NOT_FOUND", "there is no such tag").field(field).into())
}

/// Another request created a tag of the new name a moment before.
fn taken(error: sqlx::Error) -> Failure {
    match curtail_db::constraint(&error) {
        Some(_) => Error::new(Code::Conflict, "TAG_EXISTS", "there is a tag of that name").field("newName").into(),
        None => error.into(),
    }
}

fn writer<T>(request: &Request<T>, workspace: i64) -> Result<&UserCaller, Error> {
    let user = curtail_rpc::user(request)?;
    user.require(workspace, Role::Editor, Scope::Write)?;
    Ok(user)
}

fn message(tag: Tag) -> pb::Tag {
    pb::Tag { name: tag.name, color: tag.color, link_count: 0 }
}
