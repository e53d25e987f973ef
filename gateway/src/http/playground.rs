//! GraphiQL from files of our own: works without network, under a policy without `unsafe-inline`.
//!
//! `web/playground/` has the sources, the licences of what is bundled and the command that builds the files again.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, header};

use super::assets::Asset;
use crate::app::App;

const PAGE: &str = include_str!("../../../web/playground/dist/index.html");
/// Only this origin; styles that the bundle adds at run time carry the nonce of the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'self' 'nonce-";
const NONCE: &str = "NONCE";

/// The files of the bundle.
pub(super) const ASSETS: [Asset; 2] = [
    Asset::script("playground/playground.js", include_str!("../../../web/playground/dist/playground.js")),
    Asset::style("playground/playground.css", include_str!("../../../web/playground/dist/playground.css")),
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
