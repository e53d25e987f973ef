//! Which media type the answer is sent in.

use curtail_edge::{MediaRange, media_ranges};
use http::{HeaderMap, HeaderValue, header};

/// The types an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`: the status tells whether the request could be executed.
    GraphqlResponse,
    /// `application/json`: for older clients; the status is 200 for every well-formed GraphQL request.
    Json,
    /// `text/event-stream`: answers one after the other. What stands in the way of an operation is still told as JSON.
    EventStream,
}

impl MediaType {
    /// The value of `Content-Type`.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json | Self::EventStream => "application/json; charset=utf-8",
        })
    }
}

/// Chooses by `Accept`: the type with the highest weight, the GraphQL one when weights are equal; JSON when there is no
/// header or only a wildcard. A stream of events only when it is asked for by name and with more weight than the others. `None` when nothing that is accepted can be sent.
pub fn negotiate(headers: &HeaderMap) -> Option<MediaType> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(MediaType::Json);
    }
    let (mut graphql, mut json, mut events) = (None, None, 0);
    let mut wildcard = 0;
    for MediaRange { range, weight } in media_ranges(headers) {
        match range.to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => graphql = graphql.max(Some(weight)),
            "text/event-stream" => events = events.max(weight),
            "application/json" => json = json.max(Some(weight)),
            "*/*" | "application/*" => wildcard = wildcard.max(weight),
            _ => {}
        }
    }
    // A wildcard stands for JSON; it does not lift what was refused by name with a weight of zero.
    let (graphql, json) = (graphql.unwrap_or(0), json.unwrap_or(wildcard));
    match (graphql, json) {
        _ if events > graphql.max(json) => Some(MediaType::EventStream),
        (0, 0) => None,
        _ if graphql >= json => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Option<MediaType> {
        negotiate(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]))
    }

    #[test]
    fn accept_decides_the_type() {
        use MediaType::{EventStream, GraphqlResponse, Json};
        for (accept, expected) in [
            ("application/graphql-response+json", Some(GraphqlResponse)),
            ("APPLICATION/GraphQL-Response+JSON; charset=utf-8", Some(GraphqlResponse)),
            ("application/json", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*;q=0.1", Some(Json)),
            ("application/json, application/graphql-response+json", Some(GraphqlResponse)),
            ("application/graphql-response+json;q=0.5, application/json", Some(Json)),
            ("application/graphql-response+json, */*;q=0.1", Some(GraphqlResponse)),
            ("text/html, application/xhtml+xml, */*;q=0.8", Some(Json)),
            ("application/json;q=0, */*", None),
            ("application/json;q=nonsense", None),
            ("text/event-stream", Some(EventStream)),
            ("text/event-stream, */*;q=0.1", Some(EventStream)),
            ("application/json, text/event-stream", Some(Json)),
            ("text/event-stream;q=0", None),
            ("text/html", None),
            ("multipart/mixed", None),
            ("", None),
        ] {
            assert_eq!(accepting(accept), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Some(Json));
    }
}
