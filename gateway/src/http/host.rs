//! Refuses requests for other hosts than ours: 421 (RFC 9110, section 15.5.20).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::error::{Code, Refusal};

pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.hosts.match_request(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    let refusal = Refusal::new(Code::MisdirectedRequest, "this host is not served here");
    refusal.into_response()
}
