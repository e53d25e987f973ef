//! The pages that mails lead to: confirming an address, a new password, an invitation, signing in.
//!
//! A GET shows and never acts, because programs that look for malware follow the links of a mail; what acts is a button, by
//! `POST /graphql`. The pages are the same for everybody: a script reads the token from its own address, so that nothing of a
//! request is ever part of the markup. `web/pages/` has the files.

use axum::body::Body;
use axum::extract::State;
use axum::response::{Redirect, Response};
use http::{HeaderValue, header};

use super::assets::Asset;
use crate::app::App;

/// Only files of this origin; a form cannot be sent but by the script, and no script can make markup from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
/// Where a page learns whether there is a playground to go to.
const PLAYGROUND: &str = "PLAYGROUND";

/// Scripts and styles of the pages.
pub(super) const ASSETS: [Asset; 9] = [
    Asset::style("pages/pages.css", include_str!("../../../web/pages/pages.css")),
    Asset::script("pages/form.js", include_str!("../../../web/pages/form.js")),
    Asset::script("pages/graphql.js", include_str!("../../../web/pages/graphql.js")),
    Asset::script("pages/next.js", include_str!("../../../web/pages/next.js")),
    Asset::script("pages/session.js", include_str!("../../../web/pages/session.js")),
    Asset::script("pages/invite.js", include_str!("../../../web/pages/invite.js")),
    Asset::script("pages/login.js", include_str!("../../../web/pages/login.js")),
    Asset::script("pages/reset.js", include_str!("../../../web/pages/reset.js")),
    Asset::script("pages/verify.js", include_str!("../../../web/pages/verify.js")),
];

/// Every mail names the address of the app itself.
pub async fn home() -> Redirect {
    Redirect::to(curtail_routes::gateway::LOGIN)
}

/// Signing in and up, and who is signed in.
pub async fn login(State(app): State<App>) -> Response {
    page(&app, include_str!("../../../web/pages/login.html"))
}

/// Proves the address of an account.
pub async fn verify(State(app): State<App>) -> Response {
    page(&app, include_str!("../../../web/pages/verify.html"))
}

/// Asks for the mail of a forgotten password, or sets a new one by its token.
pub async fn reset(State(app): State<App>) -> Response {
    page(&app, include_str!("../../../web/pages/reset.html"))
}

/// Joins a workspace.
pub async fn invite(State(app): State<App>) -> Response {
    page(&app, include_str!("../../../web/pages/invite.html"))
}

fn page(app: &App, content: &str) -> Response {
    let playground = if app.settings.playground { "yes" } else { "no" };
    let mut response = Response::new(Body::from(content.replace(PLAYGROUND, playground)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
