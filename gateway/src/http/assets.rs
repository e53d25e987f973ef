//! Scripts and styles of the pages that the gateway serves. All of them are compiled in; `web/` has the sources.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{pages, playground};
use crate::app::App;
use crate::error::{Code, Refusal};

/// A file below `curtail_routes::gateway::ASSETS`.
pub(super) struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
}

impl Asset {
    /// A script.
    pub(super) const fn script(name: &'static str, content: &'static str) -> Self {
        Self { name, media_type: "text/javascript; charset=utf-8", content }
    }

    /// A style sheet.
    pub(super) const fn style(name: &'static str, content: &'static str) -> Self {
        Self { name, media_type: "text/css; charset=utf-8", content }
    }
}

/// A file of a page. Browsers keep it and ask whether it changed.
pub async fn asset(State(app): State<App>, Path(name): Path<String>, request: Request) -> Response {
    let playground = app.settings.playground.then_some(&playground::ASSETS).into_iter().flatten();
    let Some(asset) = pages::ASSETS.iter().chain(playground).find(|asset| asset.name == name) else {
        return Refusal::new(Code::NoSuchPath, "there is nothing at this path").into_response();
    };
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(asset.content)[..16]));
    let unchanged = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(asset.content) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
