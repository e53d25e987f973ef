//! `POST /shorten`, in the small form that is common among shorteners.

use axum::response::Response;
use curtail_proto::links::v1::{CreateLinkRequest, Link, NewLink};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoint::{Answer, Call, Endpoint, Input, NoParams, present};
use super::idempotency::IdempotencyKey;
use super::json::{self, Json};
use super::openapi::{Schemas, Success};
use super::operation::Operation;
use super::problem::Problem;

/// The heading of the operations in their small form.
pub const TAG: &str = "small form";

/// Shortens a URL.
pub struct Shorten;

/// What to shorten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortenRequest {
    /// The destination: http or https, at most 8,192 bytes. `https://` is put before a bare host.
    url: String,
    /// The code to use, 1-255 characters in one or several segments (`sale/spring`); a random one, if omitted.
    alias: Option<String>,
}

/// The result.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shortened {
    /// The link's id, for the other operations.
    id: String,
    /// What is typed behind the domain.
    code: String,
    /// The whole short URL.
    short_url: String,
    /// The destination in normalised form.
    url: String,
}

impl From<Link> for Shortened {
    fn from(link: Link) -> Self {
        Self { id: link.id.to_string(), code: link.code, short_url: link.short_url, url: link.url }
    }
}

impl Answer for Shortened {
    fn into_response(self) -> Response {
        json::response(StatusCode::CREATED, json::bytes(&self))
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        vec![Success::json::<Self>(StatusCode::CREATED, "The link was made.", schemas)]
    }
}

/// `example.com/page` as people enter it, with `https://` before it. Whatever might begin with a scheme stays as it is.
fn with_scheme(url: String) -> String {
    let trimmed = url.trim_matches(' ');
    let authority = trimmed.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let is_bare = host.contains('.')
        && !host.contains([':', '@', '\\', ' '])
        && !host.starts_with('.')
        && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare { format!("https://{trimmed}") } else { url }
}

impl Endpoint for Shorten {
    const OPERATION: Operation = Operation {
        id: "shorten",
        method: Method::POST,
        path: curtail_routes::gateway::SHORTEN,
        tag: TAG,
        summary: "Shortens a URL in the caller's first workspace.",
        about: "",
        cost: 10,
        public: false,
    };
    type Path = NoParams;
    type Query = NoParams;
    type Headers = IdempotencyKey;
    type Body = Json<ShortenRequest>;
    type Answer = Shortened;

    async fn call(call: &Call, input: Input<Self>) -> Result<Shortened, Problem> {
        let ShortenRequest { url, alias } = input.body.0;
        let url = with_scheme(url);
        let link = NewLink { url, alias: alias.unwrap_or_default(), ..NewLink::default() };
        let request = call.context.write(CreateLinkRequest {
            workspace_id: call.workspace(None)?,
            link: Some(link),
            find_existing: false,
            idempotency_key: input.headers.0,
        });
        let answer = call.links().create_link(request).await?.into_inner();
        present(answer.link).map(Shortened::from)
    }
}

#[cfg(test)]
mod tests {
    use super::with_scheme;

    #[test]
    fn a_bare_host_gets_https() {
        for (entered, expected) in [
            ("example.com/page", "https://example.com/page"),
            (" example.com ", "https://example.com"),
            ("example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c#d"),
            ("bücher.example", "https://bücher.example"),
            ("192.0.2.1/x", "https://192.0.2.1/x"),
        ] {
            assert_eq!(with_scheme(entered.to_owned()), expected);
        }
        for stays in [
            "https://example.com",
            "HTTP://example.com",
            "javascript:alert(1.5)",
            "mailto:a@b.example",
            "user@example.com",
            "user:1@example.com",
            "ftp.example:x/y",
            "//example.com",
            "/page.html",
            "localhost",
            "",
        ] {
            assert_eq!(with_scheme(stays.to_owned()), stays);
        }
    }
}
