//! Unsubscribing from a kind of mail without signing in: the address in the mail carries a signed token.
//!
//! A POST acts (mail programs send it on a click, RFC 8058); a GET only asks, because programs that look for malware follow
//! the links of a mail before anybody has read it. The body of the POST is not looked at.

use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use curtail_proto::notify::v1::{NotificationKind, ReadUnsubscribeTokenRequest, UnsubscribeRequest};
use curtail_rpc::{CallContext, Code};
use http::{HeaderValue, StatusCode, header};

use crate::app::App;

/// Only the form of the page itself and the style of all pages.
const POLICY: &str =
    "default-src 'none'; form-action 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The query of the address.
#[derive(serde::Deserialize)]
pub struct Address {
    #[serde(default)]
    token: String,
}

type Wanted = Result<Query<Address>, QueryRejection>;

/// The page that asks.
pub async fn ask(State(app): State<App>, address: Wanted) -> Response {
    let token = token(address);
    let request = call(&app).read().request(ReadUnsubscribeTokenRequest { token: token.clone() });
    match app.shared.upstreams.notify.clone().read_unsubscribe_token(request).await {
        Ok(answer) if answer.get_ref().email => {
            let what = words(answer.get_ref().kind());
            // The token was read: it has nothing but letters, digits, - and _.
            let form = format!(
                "<p>Stop mails about {what}?</p>\n<form method=\"post\" action=\"{}?token={token}\">\
                 <button>Stop these mails</button></form>",
                curtail_routes::gateway::UNSUBSCRIBE
            );
            page(StatusCode::OK, "Unsubscribe", &form)
        }
        Ok(answer) => done(answer.get_ref().kind()),
        Err(status) => failed(&status),
    }
}

/// The click.
pub async fn act(State(app): State<App>, address: Wanted) -> Response {
    // Doing it twice does the same.
    let request = call(&app).read().request(UnsubscribeRequest { token: token(address) });
    match app.shared.upstreams.notify.clone().unsubscribe(request).await {
        Ok(answer) => done(answer.get_ref().kind()),
        Err(status) => failed(&status),
    }
}

fn call(app: &App) -> CallContext {
    CallContext::new(Instant::now() + app.request_timeout()).for_request(app.request_id())
}

/// An address without a token, or with two, is that of no mail.
fn token(address: Wanted) -> String {
    address.map(|Query(address)| address.token).unwrap_or_default()
}

fn done(kind: NotificationKind) -> Response {
    page(StatusCode::OK, "Unsubscribed", &format!("<p>You get no more mails about {}.</p>", words(kind)))
}

fn failed(status: &tonic::Status) -> Response {
    match curtail_rpc::Error::from_status(status).code {
        Code::NotFound | Code::Invalid => {
            page(StatusCode::NOT_FOUND, "Not found", "<p>This is not the address of a mail of ours.</p>")
        }
        _ => page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not now",
            "<p>This does not work at the moment. Try again later.</p>",
        ),
    }
}

fn page(status: StatusCode, title: &str, content: &str) -> Response {
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} - Curtail</title>\
         <link rel=\"stylesheet\" href=\"/assets/pages/pages.css\"></head>\n<body>\n<main><h1>{title}</h1>\n\
         {content}</main>\n</body>\n</html>\n"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// What a kind of mail is about.
fn words(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Invitation => "invitations to workspaces",
        NotificationKind::LinkCreated => "new links",
        NotificationKind::LinkExpiring => "links that end soon",
        NotificationKind::LinkExpired => "links that have ended",
        NotificationKind::TrafficSpike => "unusual traffic",
        NotificationKind::WeeklyReport => "your week",
        NotificationKind::WebhookDisabled => "webhooks that were disabled",
        _ => "your account",
    }
}
