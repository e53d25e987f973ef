//! Search over links.
//!
//! An index is always a little behind: what it finds is read from shortener-svc in the name of the caller, and what the caller may
//! not see, or what is deleted meanwhile, is left out.

use std::collections::HashMap;

use async_graphql::connection::{Connection, ConnectionNameType, Edge, EdgeNameType};
use async_graphql::{Context, Error, OutputType, SimpleObject};
use curtail_proto::links::v1 as links;
use curtail_proto::search::v1::{SearchLinksRequest, search_links_response as found};
use serde::Serialize;
use utoipa::ToSchema;

use super::link::{Link, LinkState};
use super::loaders::prefetch;
use super::page::Page;
use super::scalars::Long;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// What is searched for.
pub struct SearchInput {
    /// Words.
    pub text: String,
    /// All of these.
    pub tags: Vec<String>,
    /// One of these.
    pub state: Vec<LinkState>,
    /// This short domain.
    pub domain: Option<String>,
}

impl SearchInput {
    /// The question for a page of it.
    pub fn into_request(self, workspace_id: i64, limit: u32, cursor: String) -> SearchLinksRequest {
        SearchLinksRequest {
            workspace_id,
            text: self.text,
            tags: self.tags,
            states: self.state.into_iter().map(|state| links::LinkState::from(state).into()).collect(),
            domain: self.domain.unwrap_or_default(),
            limit,
            cursor,
        }
    }
}

/// A match in a field of a link.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
pub struct Highlight {
    /// `code`, `title`, `tags`, `url` (its host and path), `description` or `notes`.
    pub field: String,
    /// The text around the words, at most 160 characters, cut at them: the second part, the fourth and so on are words that were
    /// found. The first and the last may be empty. Nothing in them is markup.
    pub parts: Vec<String>,
}

/// Fields of a search result beside its link.
#[derive(SimpleObject, Debug)]
pub struct SearchEdgeFields {
    /// Relevance; comparable only within one search.
    pub score: f32,
    /// Where the terms were found.
    pub highlights: Vec<Highlight>,
}

/// The number of results with a value.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
pub struct FacetValue {
    /// The tag, state or domain.
    pub value: String,
    /// Results of all pages with this value.
    pub count: Long,
}

/// Facets of the results of all pages; the most frequent values first, at most 50.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
pub struct Facets {
    /// Tags.
    pub tags: Vec<FacetValue>,
    /// States, as `LinkState` names them.
    pub states: Vec<FacetValue>,
    /// Short domains.
    pub domains: Vec<FacetValue>,
}

/// Fields of a search beside its page.
#[derive(SimpleObject, Debug)]
pub struct SearchFields {
    /// The number of results of all pages.
    pub total: Long,
    /// Results by tag, state and domain.
    pub facets: Facets,
}

/// Names the connection: the plain one of links is another type.
pub struct SearchName;

impl ConnectionNameType for SearchName {
    fn type_name<T: OutputType>() -> String {
        "SearchConnection".to_owned()
    }
}

impl EdgeNameType for SearchName {
    fn type_name<T: OutputType>() -> String {
        "SearchEdge".to_owned()
    }
}

/// A page of hits.
pub type SearchConnection = Connection<String, Link, SearchFields, SearchEdgeFields, SearchName, SearchName>;

/// A page of hits: one RPC for the ranking, one for the links, and one more for all totals or creators that are selected.
///
/// # Errors
/// `NOT_FOUND` when the caller does not belong to the workspace; otherwise what the services refused.
pub async fn search(
    ctx: &Context<'_>,
    workspace_id: i64,
    input: SearchInput,
    page: Page,
) -> Result<SearchConnection, Error> {
    let (context, upstreams) = (ctx.data::<RequestContext>()?, ctx.data::<Upstreams>()?);
    let started_inside = !page.cursor.is_empty();
    let found = find(context, upstreams, input.into_request(workspace_id, page.limit, page.cursor.clone())).await;
    let found = page.answer(found.map(tonic::Response::new))?;

    let page_of = ctx.look_ahead();
    let of_edges = page_of.field("edges").field("node");
    let selection = if of_edges.exists() { of_edges } else { page_of.field("nodes") };
    let shown: Vec<Link> = found.hits.iter().map(|hit| hit.link.clone()).collect();
    prefetch(ctx, selection, &shown).await?;

    let fields = SearchFields { total: found.total, facets: found.facets };
    let mut connection = Connection::with_additional_fields(started_inside, found.has_more, fields);
    connection.edges.extend(found.hits.into_iter().map(|hit| {
        let fields = SearchEdgeFields { score: hit.score, highlights: hit.highlights };
        Edge::with_additional_fields(hit.cursor, hit.link, fields)
    }));
    Ok(connection)
}

/// What a search found.
pub struct SearchResult {
    /// The hits of the page.
    pub hits: Vec<Hit>,
    /// The number of results of all pages.
    pub total: Long,
    /// How they are spread.
    pub facets: Facets,
    /// Whether there are more after these.
    pub has_more: bool,
}

/// A link that was found.
pub struct Hit {
    /// Where it is in the order.
    pub cursor: String,
    /// How well it fits.
    pub score: f32,
    /// Where the terms were found.
    pub highlights: Vec<Highlight>,
    /// The link as it is now.
    pub link: Link,
}

/// A page of hits with their links: one RPC for the ranking and one for the links.
///
/// # Errors
/// What the services refused.
pub async fn find(
    context: &RequestContext,
    upstreams: &Upstreams,
    request: SearchLinksRequest,
) -> Result<SearchResult, tonic::Status> {
    let workspace_id = request.workspace_id;
    let answer = upstreams.search.clone().search_links(context.read(request)).await?.into_inner();
    let facets = |name: &str| {
        let of_name = answer.facets.iter().filter(|facet| facet.name == name);
        of_name.map(|facet| FacetValue { value: facet.value.clone(), count: Long(facet.count) }).collect()
    };
    let facets = Facets { tags: facets("tag"), states: facets("state"), domains: facets("domain") };
    let hits = hydrate(context, upstreams, workspace_id, answer.hits).await?;
    Ok(SearchResult { hits, total: Long(answer.total), facets, has_more: answer.has_more })
}

/// The hits with their links as they are now; those that the caller may not see, or that left the workspace, are dropped.
async fn hydrate(
    context: &RequestContext,
    upstreams: &Upstreams,
    workspace: i64,
    hits: Vec<found::Hit>,
) -> Result<Vec<Hit>, tonic::Status> {
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let request = context.read(links::BatchGetLinksRequest { ids: hits.iter().map(|hit| hit.link_id).collect() });
    let found = upstreams.links.clone().batch_get_links(request).await?.into_inner().links;
    let is_there = |link: &links::Link| link.workspace_id == workspace && link.deleted_at.is_none();
    let mut by_id: HashMap<i64, links::Link> = found.into_iter().filter(is_there).map(|link| (link.id, link)).collect();
    let hit = |hit: found::Hit| {
        let link = by_id.remove(&hit.link_id)?.into();
        let highlights = hit.highlights.into_iter().map(highlight).collect();
        Some(Hit { cursor: hit.cursor, score: hit.score, highlights, link })
    };
    Ok(hits.into_iter().filter_map(hit).collect())
}

/// Cuts the fragment at the places that were found. Places that do not fit into it are not shown.
fn highlight(highlight: found::Highlight) -> Highlight {
    let (text, mut parts, mut end) = (highlight.fragment, Vec::new(), 0);
    for range in highlight.ranges {
        let (from, until) = (range.start as usize, range.end as usize);
        if let (Some(before), Some(word)) = (text.get(end..from), text.get(from..until)) {
            parts.extend([before.to_owned(), word.to_owned()]);
            end = until;
        }
    }
    parts.push(text[end..].to_owned());
    Highlight { field: highlight.field, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(fragment: &str, ranges: &[(u32, u32)]) -> Vec<String> {
        let ranges = ranges.iter().map(|&(start, end)| found::Range { start, end }).collect();
        highlight(found::Highlight { field: "title".into(), fragment: fragment.into(), ranges }).parts
    }

    #[test]
    fn every_second_part_is_a_hit() {
        assert_eq!(cut("a spring day", &[(2, 8)]), ["a ", "spring", " day"]);
        assert_eq!(cut("spring day", &[(0, 6), (7, 10)]), ["", "spring", " ", "day", ""]);
        assert_eq!(cut("süß", &[(0, 2), (9, 12), (3, 1)]), ["süß"], "places that cannot be");
    }
}
