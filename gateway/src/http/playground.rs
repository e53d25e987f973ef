//! GraphiQL from files of our own: works without network, under a policy without `unsafe-inline`.
//!
//! `web/playground/` has the sources, the licences of what is bundled and the command that builds the files again.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::refuse;
use crate::app::App;
use crate::error::{Code, Refusal};

const PAGE: &str = include_str!("../../../web/playground/dist/index.html");
/// Only this origin; styles that the bundle adds at run time carry the nonce of the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'self' 'nonce-";
const NONCE: &str = "NONCE";

/// A file of the bundle.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static [u8],
}

const ASSETS: [Asset; 2] = [
    Asset {
        name: "playground/playground.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_bytes!("../../../web/playground/dist/playground.js"),
    },
    Asset {
        name: "playground/playground.css",
        media_type: "text/css; charset=utf-8",
        content: include_bytes!("../../../web/playground/dist/playground.css"),
    },
];

/// The page.
pub async fn page(State(app): State<App>) -> Response {
    let nonce = BASE64_URL_SAFE_NO_PAD.encode(app.request_id().as_str());
    let mut response = Response::new(Body::from(PAGE.replace(NONCE, &nonce)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::try_from(format!("{POLICY}{nonce}'")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A file of the page. Browsers keep it and ask whether it changed.
pub async fn asset(Path(name): Path<String>, request: Request) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return refuse(&request, &Refusal::new(Code::NoSuchPath, "there is nothing at this path"));
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
