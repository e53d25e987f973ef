//! `GET /v1/search`.

use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use super::operation::Operation;
use super::paging::{Listed, Page, Paging};
use super::problem::Problem;
use super::query::Params;
use crate::schema::link::{Link, LinkState};
use crate::schema::scalars::Long;
use crate::schema::search::{self, Facets, Highlight, SearchInput, SearchResult};

/// Searches links.
pub struct SearchLinks;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SearchParams {
    /// Words that a link must have somewhere in code, title, tags, destination, description or notes; they may be mistyped, and the last
    /// one unfinished. At most 256 bytes and 16 words. Without it, all links that meet the filters, the youngest first.
    text: Option<String>,
    /// Links that carry this tag, without regard to case; may be repeated for links that carry all of them, at most 20.
    #[serde(default)]
    #[param(required = false)]
    tag: Vec<String>,
    /// Links in this state; may be repeated for links in one of them. Without it, every state but `DELETED`.
    #[serde(default)]
    #[param(required = false, inline)]
    state: Vec<LinkState>,
    /// On this short domain.
    domain: Option<String>,
}

/// A page of what a search found, the best first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// The hits.
    data: Vec<SearchHit>,
    /// The number of results of all pages.
    total: Long,
    /// Results by tag, state and domain.
    facets: Facets,
    /// `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// A link that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// The link as it is now.
    link: Link,
    /// How well it fits; only to be compared within one search.
    score: f32,
    /// Where the terms were found.
    highlights: Vec<Highlight>,
}

impl From<SearchResult> for SearchPage {
    fn from(found: SearchResult) -> Self {
        let last = found.hits.last().map(|hit| hit.cursor.clone());
        let hit = |hit: search::Hit| SearchHit { link: hit.link, score: hit.score, highlights: hit.highlights };
        Self {
            data: found.hits.into_iter().map(hit).collect(),
            total: found.total,
            facets: found.facets,
            next_cursor: last.filter(|_| found.has_more),
        }
    }
}

impl Listed for SearchPage {
    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }
}

impl Endpoint for SearchLinks {
    const OPERATION: Operation = Operation {
        id: "searchLinks",
        method: Method::GET,
        path: curtail_routes::gateway::SEARCH,
        tag: super::links::TAG,
        summary: "Searches the links of a workspace.",
        about: "",
        cost: 200,
        public: false,
    };
    type Path = NoParams;
    type Query = Params<Params<InWorkspace, SearchParams>, Paging>;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Page<SearchPage>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Page<SearchPage>, Problem> {
        let Params(Params(InWorkspace { workspace }, wanted), paging) = input.query;
        let wanted = SearchInput {
            text: wanted.text.unwrap_or_default(),
            tags: wanted.tag,
            state: wanted.state,
            domain: wanted.domain,
        };
        let limit = paging.limit();
        let request = wanted.into_request(call.workspace(workspace)?, limit, paging.into_cursor());
        let found = search::find(&call.context, &call.app.shared.upstreams, request).await?;
        Ok(Page::new(&call.uri, found.into()))
    }
}
