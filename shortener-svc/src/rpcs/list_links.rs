//! A page of a workspace's links. Tests: `tests/list.rs`.

use curtail_proto::links::v1::list_links_response::Entry;
use curtail_proto::links::v1::{LinkFilter, LinkSort, LinkState, ListLinksRequest, ListLinksResponse};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::app::App;
use crate::cursor::{Cursor, Key};
use crate::destination;
use crate::limits;
use crate::link::{Link, time_field};
use crate::refusal::{self, invalid};
use crate::store::list::{self, Page};
use crate::tags;

pub(super) async fn handle(app: &App, request: Request<ListLinksRequest>) -> Result<ListLinksResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    user.require(request.get_ref().workspace_id, Role::Viewer, Scope::Read)?;
    let now = app.now();
    let mut page = read(app, request.into_inner(), now)?;
    let mut conn = app.pool.acquire().await.map_err(refusal::store)?;
    if !with_known_tags(&mut conn, &mut page).await.map_err(refusal::store)? {
        return Ok(ListLinksResponse::default());
    }
    let mut links = list::page(&mut *conn, &page).await.map_err(refusal::store)?;
    drop(conn);
    // One link more than wanted was asked for, only to see whether it is there.
    let wanted = usize::try_from(page.rows - 1).expect("a page has at most 100 links");
    let has_more = links.len() > wanted;
    links.truncate(wanted);
    if page.backwards {
        links.reverse();
    }
    let entry = |link: &Link| Entry { cursor: cursor(link, page.sort).encode(), link: Some(app.message(link, now)) };
    Ok(ListLinksResponse { entries: links.iter().map(entry).collect(), has_more })
}

fn read(app: &App, request: ListLinksRequest, now: OffsetDateTime) -> Result<Page, Error> {
    let most = u32::try_from(limits::PAGE).expect("100 is a u32");
    if !(1..=most).contains(&request.limit) {
        return Err(refusal::page_size("limit"));
    }
    let sort = match LinkSort::try_from(request.sort) {
        Ok(LinkSort::Unspecified) => LinkSort::CreatedDesc,
        Ok(sort) => sort,
        Err(_) => return Err(invalid("SORT_INVALID", "sort", "no such order")),
    };
    let after = match request.cursor.as_str() {
        "" => None,
        text => Some(Cursor::decode(text, sort).map_err(|_| refusal::invalid_cursor())?),
    };
    let page = filtered(app, request.workspace_id, request.filter.unwrap_or_default(), now)?;
    Ok(Page { sort, after, backwards: request.backwards, rows: i64::from(request.limit) + 1, ..page })
}

/// The first `rows` links that meet a filter, in the order of their creation.
pub(crate) fn oldest_first(
    app: &App,
    workspace: i64,
    filter: LinkFilter,
    rows: i64,
    now: OffsetDateTime,
) -> Result<Page, Error> {
    Ok(Page { rows, ..filtered(app, workspace, filter, now)? })
}

/// Replaces the tags of a page's filter by their spelling in the workspace; `false` when one of them does not exist, so that no
/// link can carry it.
pub(crate) async fn with_known_tags(conn: &mut PgConnection, page: &mut Page) -> Result<bool, sqlx::Error> {
    if page.tags.is_empty() {
        return Ok(true);
    }
    let existing = tags::store::find(conn, page.workspace, &page.tags).await?;
    let tags = tags::pick(&existing, &page.tags);
    let all = tags.len() == page.tags.len();
    page.tags = tags.into_iter().map(|tag| tag.name).collect();
    Ok(all)
}

fn filtered(app: &App, workspace: i64, filter: LinkFilter, now: OffsetDateTime) -> Result<Page, Error> {
    Ok(Page {
        workspace,
        states: states(&filter)?,
        from_id: time_field::read(filter.created_from, "createdFrom")?.map(curtail_ids::first_id_at),
        until_id: time_field::read(filter.created_until, "createdUntil")?.map(curtail_ids::first_id_at),
        domain: domain(app, &filter.domain)?,
        creator: Some(filter.creator_id).filter(|id| *id != 0),
        url: url(&filter.url)?,
        tags: tags::check_all(filter.tags, "tags")?,
        sort: LinkSort::CreatedAsc,
        after: None,
        backwards: false,
        rows: 0,
        now,
    })
}

fn states(filter: &LinkFilter) -> Result<Vec<i32>, Error> {
    let known = |state: &i32| LinkState::try_from(*state).is_ok_and(|state| state != LinkState::Unspecified);
    // Eight states exist; a longer list only repeats itself.
    if filter.states.len() > 8 || !filter.states.iter().all(known) {
        return Err(invalid("STATE_INVALID", "states", "no such state"));
    }
    Ok(filter.states.clone())
}

fn domain(app: &App, name: &str) -> Result<Option<String>, Error> {
    match name {
        "" => Ok(None),
        name => app.domains.find(name).map(|domain| Some(domain.to_owned())).ok_or_else(refusal::unknown_domain),
    }
}

/// The destination in the form in which it would have been stored.
fn url(text: &str) -> Result<Option<String>, Error> {
    match text {
        "" => Ok(None),
        text => {
            let url = destination::parse(text).map_err(|refusal| refusal::destination(refusal, "url"))?;
            Ok(Some(url.into()))
        }
    }
}

fn cursor(link: &Link, sort: LinkSort) -> Cursor {
    let key = match sort {
        LinkSort::UpdatedDesc => {
            Key::Updated(link.updated_at.unix_timestamp() * 1_000_000 + i64::from(link.updated_at.microsecond()))
        }
        LinkSort::TitleAsc => Key::Title(link.title.clone()),
        _ => Key::Id,
    };
    Cursor { sort, key, id: link.id }
}
