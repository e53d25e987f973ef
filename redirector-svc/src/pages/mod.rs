//! The pages that explain why there is no redirect.
//!
//! All are made at the start, in each form, so that an attack that provokes them costs no more than redirects. They are
//! small, readable without styles, and contain nothing of the request.

mod negotiate;

use std::collections::HashMap;

use bytes::Bytes;
use http::StatusCode;

pub use negotiate::{Form, negotiate};

/// The style of the pages, at `curtail_routes::redirector::STYLE`.
pub const STYLE: &str = include_str!("page.css");
/// What crawlers may read. Destinations are indexed where they are, so search engines have no business with short links. Fetchers
/// of link previews may read them: without that, chats show no card.
pub const ROBOTS: &str = include_str!("robots.txt");
/// A scissors-like mark.
pub const FAVICON: &str = include_str!("favicon.svg");

const TEMPLATE: &str = include_str!("page.html");

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Page {
    /// The request is malformed, or has no usable Host.
    BadRequest,
    /// The header block is too long.
    HeadersTooLarge,
    /// The code is free.
    Unknown,
    /// The link's time has yet to come.
    Scheduled,
    /// A method that the link does not take.
    MethodNotAllowed,
    /// The link's time or clicks are over.
    Over,
    /// Paused by its owner.
    Disabled,
    /// Deleted by its owner.
    Deleted,
    /// A host that is not ours.
    Misdirected,
    /// Too many requests of one address.
    TooMany,
    /// Taken down by the operator.
    Blocked,
    /// Shedding, or the owner of the links does not answer.
    Unavailable,
}

/// What a page says: its machine-readable reason, title and explanation.
type Words = (&'static str, &'static str, &'static str);

impl Page {
    const ALL: [Self; 12] = [
        Self::BadRequest,
        Self::HeadersTooLarge,
        Self::Unknown,
        Self::Scheduled,
        Self::MethodNotAllowed,
        Self::Over,
        Self::Disabled,
        Self::Deleted,
        Self::Misdirected,
        Self::TooMany,
        Self::Blocked,
        Self::Unavailable,
    ];

    /// The status it comes with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Unknown | Self::Scheduled => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Over | Self::Disabled | Self::Deleted => StatusCode::GONE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Blocked => StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn words(self) -> Words {
        match self {
            Self::BadRequest => {
                ("BAD_REQUEST", "Bad request", "The request is malformed, or does not say which site it is for.")
            }
            Self::HeadersTooLarge => (
                "HEADERS_TOO_LARGE",
                "Headers too large",
                "The headers of the request are longer or more than allowed.",
            ),
            Self::Unknown => {
                ("LINK_UNKNOWN", "No such link", "There is no link at this address. Check it for typing errors.")
            }
            Self::Scheduled => ("LINK_SCHEDULED", "Not yet", "This link is not active yet. Come back later."),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", "Method not allowed", "Links can only be followed."),
            Self::Over => {
                ("LINK_EXPIRED", "This link is over", "It has expired, or it was used as often as it could be.")
            }
            Self::Disabled => ("LINK_DISABLED", "This link is paused", "Its owner has switched it off for now."),
            Self::Deleted => ("LINK_DELETED", "This link is gone", "Its owner has deleted it."),
            Self::Misdirected => ("MISDIRECTED", "Wrong place", "This server does not answer for that host name."),
            Self::TooMany => ("TOO_MANY_REQUESTS", "Too many requests", "Wait a little and try again."),
            Self::Blocked => {
                ("LINK_BLOCKED", "This link is blocked", "It was taken down by the operator of this service.")
            }
            Self::Unavailable => {
                ("UNAVAILABLE", "Back in a moment", "This link cannot be looked up right now. Try again shortly.")
            }
        }
    }

    fn render(self, form: Form, detail: &str) -> Bytes {
        let (reason, title, _) = self.words();
        let status = self.status().as_u16();
        match form {
            Form::Html => TEMPLATE
                .replace("{status}", &status.to_string())
                .replace("{style}", curtail_routes::redirector::STYLE)
                .replace("{title}", &escape(title))
                .replace("{detail}", &escape(detail))
                .into(),
            Form::Json => {
                let problem = serde_json::json!({
                    "type": "about:blank", "title": title, "status": status, "detail": detail, "code": reason,
                });
                problem.to_string().into()
            }
            Form::Text => format!("{status} {title}\n{detail}\n").into(),
        }
    }
}

/// All pages, ready to send.
#[derive(Debug)]
pub struct Pages {
    ready: HashMap<(Page, Form), Bytes>,
}

impl Pages {
    /// Makes them.
    pub fn new() -> Self {
        let each = Page::ALL.into_iter().flat_map(|page| Form::ALL.map(|form| (page, form)));
        let ready = each.map(|(page, form)| ((page, form), page.render(form, page.words().2)));
        Self { ready: ready.collect() }
    }

    /// A page in a form. `reason` is for [`Page::Blocked`]: why, in the operator's words.
    pub fn body(&self, page: Page, form: Form, reason: &str) -> Bytes {
        if page == Page::Blocked && !reason.is_empty() {
            return page.render(form, &format!("{} Reason: {reason}", page.words().2));
        }
        self.ready.get(&(page, form)).cloned().unwrap_or_default()
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_whole_in_every_form() {
        let pages = Pages::new();
        for page in Page::ALL {
            let html = pages.body(page, Form::Html, "");
            let html = std::str::from_utf8(&html).unwrap();
            assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">") && !html.contains('{'), "{html}");
            assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("<style"), "{html}");
            let json: serde_json::Value = serde_json::from_slice(&pages.body(page, Form::Json, "")).unwrap();
            assert_eq!(json["status"], page.status().as_u16());
            assert!(pages.body(page, Form::Text, "").ends_with(b"\n"));
        }
    }

    #[test]
    fn the_reason_of_a_block_is_escaped() {
        let body = Pages::new().body(Page::Blocked, Form::Html, "<img src=x onerror=\"alert(1)\">&");
        let html = std::str::from_utf8(&body).unwrap();
        assert!(html.contains("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;"), "{html}");
    }
}
