//! `GET /v1/links/{id}/qr`: the short URL as an image, with the parameter that distinguishes a scan from a click.

mod options;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use curtail_proto::links::v1::link_ref::By;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

use super::endpoint::{Answer, Call, Endpoint, Id, Input, NoParams};
use super::etag::{self, IfNoneMatch};
use super::links;
use super::openapi::{Schemas, Success};
use super::operation::Operation;
use super::problem::Problem;
use crate::error::{Code, Refusal};
use crate::qr::{Format, Level, Options, RenderError};

/// Draws the QR code of a link.
pub struct GetLinkQr;

/// How it should look.
#[derive(Debug, Deserialize, IntoParams)]
pub struct QrParams {
    /// The format; `png` without it.
    #[param(inline)]
    format: Option<Format>,
    /// Width and height in pixels, 64-2,048; 512 without it.
    #[param(minimum = 64, maximum = 2048, default = 512)]
    size: Option<u32>,
    /// Empty modules around the code, 0-16; 4, which scanners expect, without it.
    #[param(minimum = 0, maximum = 16, default = 4)]
    margin: Option<u32>,
    /// How much of it may be dirty or torn: about 7, 15, 25 or 30 per cent; `M` without it.
    #[param(inline)]
    level: Option<Level>,
    /// Of the modules, as `rrggbb`; `000000` without it.
    #[param(pattern = "^#?[0-9A-Fa-f]{6}$")]
    color: Option<String>,
    /// Of what is behind them, as `rrggbb`; `ffffff` without it.
    #[param(pattern = "^#?[0-9A-Fa-f]{6}$")]
    background: Option<String>,
}

/// A picture.
pub struct QrImage {
    format: Format,
    bytes: Bytes,
    known: IfNoneMatch,
}

impl Answer for QrImage {
    fn into_response(self) -> Response {
        let tag = etag::of_bytes(&self.bytes);
        let known = self.known.has(&tag);
        let mut response = Response::new(if known { Body::empty() } else { Body::from(self.bytes) });
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.format.media_type()));
        }
        headers.insert(header::ETAG, etag::header_value(&tag));
        // The short URL of a link never changes.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
        response
    }

    fn describe(_: &mut Schemas) -> Vec<Success> {
        let drawn = Success::bytes(StatusCode::OK, "The picture.", &Format::MEDIA_TYPES);
        let known = Success::empty(StatusCode::NOT_MODIFIED, "`If-None-Match` names this picture.");
        vec![drawn.header("ETag", "Of this picture."), known.header("ETag", "Of this picture.")]
    }
}

impl Endpoint for GetLinkQr {
    const OPERATION: Operation = Operation {
        id: "getLinkQr",
        method: Method::GET,
        path: curtail_routes::gateway::LINK_QR,
        tag: links::TAG,
        summary: "Draws the QR code of a link.",
        about: "A visit by way of it is counted as a scan (`TRIGGER` is `qr`).",
        cost: 200,
        public: false,
    };
    type Path = Id;
    type Query = QrParams;
    type Headers = IfNoneMatch;
    type Body = NoParams;
    type Answer = QrImage;

    async fn call(call: &Call, input: Input<Self>) -> Result<QrImage, Problem> {
        let options = Options::new(input.query)?;
        let format = options.format;
        let link = links::find(call, By::Id(input.path.number())).await?;
        let text = format!("{}?{}", link.short_url, curtail_routes::SCAN_MARK);
        let bytes = call.app.shared.pictures.draw(text, options).await?;
        Ok(QrImage { format, bytes, known: input.headers })
    }
}

impl From<RenderError> for Problem {
    fn from(undrawn: RenderError) -> Self {
        match undrawn {
            RenderError::DoesNotFit { field, message } => Self::field(Code::Invalid, field, "QR_DOES_NOT_FIT", message),
            RenderError::Busy => {
                Refusal::new(Code::Overloaded, "too many pictures at once").retry_after(Duration::from_secs(1)).into()
            }
            RenderError::Failed => Refusal::internal().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s32_who_asks_for_too_many_is_told_when_to_come_back() {
        let answer = Problem::from(RenderError::Busy).answer("request", "/v1/links/1/qr");
        assert_eq!(
            (answer.status(), &answer.headers()[header::RETRY_AFTER]),
            (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from_static("1"))
        );
        assert_eq!(
            Problem::from(RenderError::Failed).answer("request", "/").status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }
}
