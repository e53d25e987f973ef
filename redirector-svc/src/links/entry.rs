//! A link as it lies in the process, with everything prepared that a redirect needs.

use std::sync::atomic::{AtomicBool, Ordering};

use curtail_proto::links::v1::{LinkState, Target};
use http::{HeaderValue, StatusCode};

use super::campaign;

/// What is known about a code.
#[derive(Debug)]
pub struct Entry {
    /// `None`: the code was never taken.
    pub link: Option<Link>,
    /// Of the link; 0 when there is none.
    pub version: i64,
}

/// A link that exists or existed.
#[derive(Debug)]
pub struct Link {
    /// Where its clicks are counted.
    pub destination: Destination,
    /// Where visitors go.
    pub location: Location,
    /// Visitor's parameters are passed on.
    pub forward_query: bool,
    /// Where visitors go once it is over.
    pub fallback: Option<HeaderValue>,
    /// As the shortener says; times are judged by the clock.
    pub state: LinkState,
    /// Milliseconds since 1970; 0: none.
    pub starts_at_ms: i64,
    /// Milliseconds since 1970; 0: none.
    pub expires_at_ms: i64,
    /// Above 0 each click is asked for.
    pub max_clicks: u32,
    /// Shown with 451.
    pub block_reason: Box<str>,
    /// Its clicks were used up since this version was made. A change that gives it new ones makes a new version.
    exhausted: AtomicBool,
}

/// How a link redirects.
#[derive(Clone, Debug)]
pub struct Location {
    /// 301, 302, 307 or 308.
    pub status: StatusCode,
    /// The stored URL, byte for byte.
    pub url: HeaderValue,
}

impl Location {
    /// Returns `true` if a client repeats its method and body at the destination (RFC 9110, 15.4.8 and 15.4.9).
    pub fn keeps_method(&self) -> bool {
        matches!(self.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
    }
}

/// What a click on a link carries of it.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The link.
    pub link_id: i64,
    /// Whose link it is.
    pub workspace_id: i64,
    /// `utm_*` parameters of its URL, form-encoded.
    pub utm: Box<str>,
}

impl Entry {
    /// A code that is free.
    pub fn unknown() -> Self {
        Self { link: None, version: 0 }
    }

    /// From what shortener-svc says. A target that cannot be sent as it is stored counts as blocked; shortener-svc excludes those.
    pub fn from_target(target: &Target) -> Self {
        let location = HeaderValue::from_str(&target.url).ok().filter(|url| !url.is_empty());
        let state = match location {
            Some(_) => target.state(),
            None => LinkState::Blocked,
        };
        let query = target.url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
        let link = Link {
            destination: Destination {
                link_id: target.link_id,
                workspace_id: target.workspace_id,
                utm: campaign(query).into(),
            },
            location: Location {
                status: redirect_status(target.redirect_status),
                url: location.unwrap_or_else(|| HeaderValue::from_static("/")),
            },
            forward_query: target.forward_query,
            fallback: HeaderValue::from_str(&target.fallback_url).ok().filter(|url| !url.is_empty()),
            state,
            starts_at_ms: target.starts_at_ms,
            expires_at_ms: target.expires_at_ms,
            max_clicks: target.max_clicks,
            block_reason: target.block_reason.as_str().into(),
            exhausted: AtomicBool::new(false),
        };
        Self { link: Some(link), version: target.version }
    }
}

impl Link {
    /// Remembers that no click is left.
    pub fn set_exhausted(&self) {
        self.exhausted.store(true, Ordering::Relaxed);
    }

    /// Whether no click is left, as far as is known here.
    pub fn is_exhausted(&self) -> bool {
        self.state == LinkState::Exhausted || self.exhausted.load(Ordering::Relaxed)
    }
}

fn redirect_status(number: u32) -> StatusCode {
    match number {
        301 => StatusCode::MOVED_PERMANENTLY,
        307 => StatusCode::TEMPORARY_REDIRECT,
        308 => StatusCode::PERMANENT_REDIRECT,
        _ => StatusCode::FOUND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s03_a_url_that_would_split_the_header_is_never_sent() {
        for bytes in ["https://a.example/\r\nSet-Cookie: x=1", "https://a.example/\0", "https://a.example/\n", ""] {
            let target = Target { url: bytes.to_owned(), state: LinkState::Active.into(), ..Target::default() };
            assert_eq!(Entry::from_target(&target).link.unwrap().state, LinkState::Blocked, "{bytes:?}");
        }
    }

    #[test]
    fn campaign_parameters_of_the_destination_are_prepared() {
        let url = "https://a.example/?x=1&utm_source=s#utm_medium=fragment".to_owned();
        let entry = Entry::from_target(&Target { url, ..Target::default() });
        assert_eq!(&*entry.link.unwrap().destination.utm, "utm_source=s");
    }
}
