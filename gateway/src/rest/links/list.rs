//! `GET /v1/links`.

use curtail_proto::links::v1 as pb;
use curtail_proto::timestamp;
use http::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use crate::rest::operation::Operation;
use crate::rest::paging::{Listed, Page, Paging};
use crate::rest::problem::Problem;
use crate::rest::query::Params;
use crate::schema::link::{Link, LinkState};
use crate::schema::scalars::optional_instant;
use crate::schema::workspace::LinkSort;

/// Lists links.
pub struct ListLinks;

/// Conditions that must all hold, and the order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    /// Links that carry this tag; may be repeated for links that carry all of them.
    #[serde(default)]
    #[param(required = false)]
    tag: Vec<String>,
    /// Links in this state; may be repeated for links in one of them. Without it, every state but `DELETED`.
    #[serde(default)]
    #[param(required = false, inline)]
    state: Vec<LinkState>,
    /// Created at or after this time.
    #[serde(default, deserialize_with = "optional_instant")]
    created_from: Option<OffsetDateTime>,
    /// Created before this time.
    #[serde(default, deserialize_with = "optional_instant")]
    created_until: Option<OffsetDateTime>,
    /// On this short domain.
    domain: Option<String>,
    /// Created by this member.
    #[param(value_type = Option<String>)]
    creator: Option<i64>,
    /// With exactly this destination.
    url: Option<String>,
    /// The order; without it `CREATED_DESC`, newest first.
    #[param(inline)]
    sort: Option<LinkSort>,
}

impl From<ListQuery> for pb::LinkFilter {
    fn from(which: ListQuery) -> Self {
        Self {
            tags: which.tag,
            states: which.state.into_iter().map(|state| pb::LinkState::from(state).into()).collect(),
            created_from: which.created_from.map(timestamp),
            created_until: which.created_until.map(timestamp),
            domain: which.domain.unwrap_or_default(),
            creator_id: which.creator.unwrap_or_default(),
            url: which.url.unwrap_or_default(),
        }
    }
}

/// A page of links.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkPage {
    /// The links.
    data: Vec<Link>,
    /// `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

impl Listed for LinkPage {
    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }
}

impl Endpoint for ListLinks {
    const OPERATION: Operation = Operation {
        id: "listLinks",
        method: Method::GET,
        path: curtail_routes::gateway::LINKS,
        tag: TAG,
        summary: "Lists the links of a workspace.",
        about: "",
        cost: 100,
        public: false,
    };
    type Path = NoParams;
    type Query = Params<Params<InWorkspace, ListQuery>, Paging>;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Page<LinkPage>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Page<LinkPage>, Problem> {
        let Params(Params(InWorkspace { workspace }, which), paging) = input.query;
        let request = call.context.read(pb::ListLinksRequest {
            workspace_id: call.workspace(workspace)?,
            sort: pb::LinkSort::from(which.sort.unwrap_or(LinkSort::CreatedDesc)).into(),
            filter: Some(which.into()),
            limit: paging.limit(),
            cursor: paging.into_cursor(),
            backwards: false,
        });
        let answer = call.links().list_links(request).await?.into_inner();
        let last = answer.entries.last().map(|entry| entry.cursor.clone());
        let data = answer.entries.into_iter().filter_map(|entry| entry.link).map(Link::from).collect();
        Ok(Page::new(&call.uri, LinkPage { data, next_cursor: last.filter(|_| answer.has_more) }))
    }
}
