//! Ranked hits of one workspace.

use curtail_proto::links::v1::LinkState;
use curtail_proto::search::v1::search_links_response::{self, Range};
use curtail_proto::search::v1::{SearchLinksRequest, SearchLinksResponse};
use curtail_rpc::{Code, Error};
use curtail_tokens::{Role, Scope};
use tonic::Request;

use super::Search;
use crate::cursor::Place;
use crate::entry::{destination, tag_key};
use crate::highlight::{self, Highlight};
use crate::limits;
use crate::near::Wanted;
use crate::part::Part;
use crate::question::{Found, Hit, Question};
use crate::words;

pub(super) async fn handle(
    search: &Search,
    request: Request<SearchLinksRequest>,
) -> Result<SearchLinksResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    curtail_rpc::user(&request)?.require(workspace, Role::Viewer, Scope::Read)?;
    let now = search.clock.now();
    let now_us = now.unix_timestamp() * 1_000_000 + i64::from(now.microsecond());
    let request = request.into_inner();
    let has_text = !request.text.trim().is_empty();
    let question = read(request, now_us)?;
    if has_text && question.words.is_empty() {
        // A text of punctuation is in no link.
        return Ok(SearchLinksResponse::default());
    }
    let wanted = Wanted::all(&question.words);
    let found = search.engine.search(question).await.map_err(Error::unavailable)?;
    Ok(answer(found, &wanted))
}

fn read(request: SearchLinksRequest, now_us: i64) -> Result<Question, Error> {
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    if !(1..=limits::PAGE).contains(&limit) {
        return Err(invalid("LIMIT_RANGE", "limit", "between 1 and 100 links at a time"));
    }
    let known = |state: &i32| LinkState::try_from(*state).ok().filter(|state| *state != LinkState::Unspecified);
    let states: Option<Vec<LinkState>> = request.states.iter().take(limits::STATES + 1).map(known).collect();
    Ok(Question {
        workspace: request.workspace_id,
        words: text(request.text)?,
        tags: tags(&request.tags)?,
        states: states
            .filter(|states| states.len() <= limits::STATES)
            .ok_or_else(|| invalid("STATE_INVALID", "state", "no such state"))?,
        domain: domain(request.domain)?,
        limit,
        after: match request.cursor.as_str() {
            "" => None,
            text => Some(
                Place::decode(text)
                    .ok_or_else(|| invalid("INVALID_CURSOR", "cursor", "the cursor does not belong to this list"))?,
            ),
        },
        now_us,
    })
}

fn text(text: String) -> Result<Vec<String>, Error> {
    if text.len() > limits::TEXT_BYTES {
        return Err(invalid("TEXT_TOO_LONG", "text", "a search has at most 256 bytes"));
    }
    let text = words::compose(searched(text));
    if words::count(&text) > limits::WORDS {
        return Err(invalid("TOO_MANY_WORDS", "text", "a search has at most 16 words"));
    }
    Ok(words::of(&text).into_iter().map(|word| word.text).collect())
}

/// The part of a text that is looked for: of an address only host and path, as in the index.
fn searched(text: String) -> String {
    let trimmed = text.trim();
    let lower = trimmed.to_lowercase();
    let is_address = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    let host_and_path = if is_address { destination(trimmed) } else { String::new() };
    if host_and_path.is_empty() { text } else { host_and_path }
}

fn tags(tags: &[String]) -> Result<Vec<String>, Error> {
    if tags.len() > limits::TAGS {
        return Err(invalid("TOO_MANY_TAGS", "tags", "a search has at most 20 tags"));
    }
    if tags.iter().any(|tag| tag.len() > limits::TAG_BYTES) {
        return Err(invalid("TAG_TOO_LONG", "tags", "a tag has at most 200 bytes"));
    }
    Ok(tags.iter().map(|tag| tag_key(tag)).collect())
}

fn domain(domain: String) -> Result<String, Error> {
    if domain.len() > limits::DOMAIN_BYTES {
        return Err(invalid("DOMAIN_TOO_LONG", "domain", "a domain has at most 253 bytes"));
    }
    Ok(domain.to_lowercase())
}

fn invalid(reason: &'static str, field: &'static str, message: &'static str) -> Error {
    Error::new(Code::Invalid, reason, message).field(field)
}

fn answer(found: Found, wanted: &[Wanted]) -> SearchLinksResponse {
    let facet = |facet: crate::question::Facet| search_links_response::Facet {
        name: facet.kind.to_owned(),
        value: facet.value,
        count: i64::try_from(facet.count).unwrap_or(i64::MAX),
    };
    SearchLinksResponse {
        hits: found.hits.into_iter().map(|found| hit(found, wanted)).collect(),
        facets: found.facets.into_iter().map(facet).collect(),
        total: i64::try_from(found.total).unwrap_or(i64::MAX),
        has_more: found.has_more,
    }
}

fn hit(hit: Hit, wanted: &[Wanted]) -> search_links_response::Hit {
    search_links_response::Hit {
        link_id: hit.place.id,
        score: hit.place.score,
        cursor: hit.place.encode(),
        highlights: highlight::all(&hit.texts, wanted).into_iter().map(shown).collect(),
    }
}

fn shown(highlight: Highlight) -> search_links_response::Highlight {
    let byte = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    search_links_response::Highlight {
        // Named like the field of a link that it is from.
        field: if highlight.part == Part::Destination { "url" } else { highlight.part.name() }.to_owned(),
        ranges: highlight.places.iter().map(|place| Range { start: byte(place.start), end: byte(place.end) }).collect(),
        fragment: highlight.fragment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut SearchLinksRequest)) -> Result<Question, String> {
        let mut request = SearchLinksRequest { workspace_id: 7, limit: 10, ..SearchLinksRequest::default() };
        change(&mut request);
        read(request, 0).map_err(|error| error.reason.into_owned())
    }

    #[test]
    fn each_bound_at_its_edge_and_one_past() {
        assert!(asked(|r| r.text = "é".repeat(128)).is_ok());
        assert_eq!(asked(|r| r.text = "é".repeat(128) + "a").unwrap_err(), "TEXT_TOO_LONG");
        assert_eq!(asked(|r| r.text = "a ".repeat(16)).unwrap().words.len(), 16);
        assert_eq!(asked(|r| r.text = "a ".repeat(17)).unwrap_err(), "TOO_MANY_WORDS");
        assert!(asked(|r| r.tags = vec!["t".repeat(200); 20]).is_ok());
        assert_eq!(asked(|r| r.tags = vec!["t".to_owned(); 21]).unwrap_err(), "TOO_MANY_TAGS");
        assert_eq!(asked(|r| r.tags = vec!["t".repeat(201)]).unwrap_err(), "TAG_TOO_LONG");
        assert!(asked(|r| r.states = vec![1; 8]).is_ok());
        for wrong in [vec![1; 9], vec![0], vec![99]] {
            assert_eq!(asked(|r| r.states = wrong).unwrap_err(), "STATE_INVALID");
        }
        assert!(asked(|r| r.domain = "d".repeat(253)).is_ok());
        assert_eq!(asked(|r| r.domain = "d".repeat(254)).unwrap_err(), "DOMAIN_TOO_LONG");
        assert!(asked(|r| r.limit = 1).is_ok() && asked(|r| r.limit = 100).is_ok());
        for wrong in [0, 101] {
            assert_eq!(asked(|r| r.limit = wrong).unwrap_err(), "LIMIT_RANGE");
        }
        assert_eq!(asked(|r| r.cursor = "noise".to_owned()).unwrap_err(), "INVALID_CURSOR");
    }

    #[test]
    fn signs_alone_are_no_words() {
        assert!(asked(|r| r.text = " -- \"*\" AND:".to_owned()).unwrap().words == ["and"]);
        assert!(asked(|r| r.text = "/+~".to_owned()).unwrap().words.is_empty());
    }

    #[test]
    fn an_address_is_searched_by_host_and_path() {
        for (text, words) in [
            ("https://shop.example/a%20b?token=x#top", &["shop", "example", "a", "b"][..]),
            (" HTTP://sho.rt/abc ", &["sho", "rt", "abc"]),
            ("https://xn--e1afmkfd.xn--p1ai/", &["пример", "рф"]),
            ("https spring", &["https", "spring"]),
        ] {
            assert_eq!(asked(|r| r.text = text.to_owned()).unwrap().words, words, "{text}");
        }
    }
}
