//! Raw clicks, sent as they are read.

use std::io;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use proto::analytics::v1::{ExportClicksRequest, ExportClicksResponse, ExportedClick};

use super::answer::{file, text};
use super::params::Params;
use super::table::Table;
use super::{Session, refusal};
use crate::error::{Code, Refusal};

/// Clicks of one call; the most that the service gives.
const PAGE: u32 = 1_000;

const COLUMNS: [&str; 18] = [
    "at",
    "link_id",
    "bot",
    "trigger",
    "country",
    "region",
    "city",
    "device",
    "os",
    "browser",
    "language",
    "referrer",
    "channel",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];

/// A row for each click, oldest first. What can be refused is refused before the first byte.
pub(super) async fn clicks(session: Session, params: Params) -> Result<Response, Refusal> {
    if params.step.is_some() || params.top.is_some() || !params.dimensions.is_empty() {
        return Err(Refusal::new(Code::BadRequest, "clicks.csv takes no step, top or dimension"));
    }
    let scope = params.scope_in(session.workspace(params.workspace).await?);
    let question = ExportClicksRequest {
        scope: Some(scope),
        from: params.from,
        until: params.until,
        filters: params.filters,
        limit: PAGE,
        cursor: String::new(),
    };
    let first = page(&session, question.clone()).await?;
    let details_from = first.raw_from;
    let pages =
        stream::try_unfold(Pages { session, question, next: Some(first), header: true }, async |mut pages: Pages| {
            Ok::<_, io::Error>(pages.next().await?.map(|bytes| (bytes, pages)))
        });
    Ok(file("attachment; filename=\"clicks.csv\"", Body::from_stream(pages), details_from))
}

/// The rest of an export. It reads a page when the client has taken the one before.
struct Pages {
    session: Session,
    question: ExportClicksRequest,
    /// A page that is read already.
    next: Option<ExportClicksResponse>,
    /// The names of the columns are still to come.
    header: bool,
}

impl Pages {
    /// The text of the next page that has any; `None` at the end. An error breaks the body off.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut table = if std::mem::take(&mut self.header) { Table::with_header(&COLUMNS) } else { Table::new() };
        loop {
            let answer = match self.next.take() {
                Some(read) => read,
                // The first page has no cursor; after the last one there is none either.
                None if self.question.cursor.is_empty() => return Ok(None),
                None => page(&self.session, self.question.clone()).await.map_err(|refusal| {
                    tracing::warn!(code = refusal.code.as_str(), "an export breaks off");
                    io::Error::other(refusal.code.as_str())
                })?,
            };
            let some = !answer.clicks.is_empty();
            answer.clicks.into_iter().for_each(|click| table.row(&cells(click)));
            self.question.cursor = answer.next_cursor;
            if some || self.question.cursor.is_empty() {
                return Ok(Some(table.into_bytes().into()));
            }
        }
    }
}

async fn page(session: &Session, question: ExportClicksRequest) -> Result<ExportClicksResponse, Refusal> {
    // Exports wait for one another; the permit is given back while the client takes its time.
    let _permit = session.app.export_pages.acquire().await;
    let request = session.read(question).await?;
    let mut analytics = session.app.upstreams.analytics.clone();
    Ok(analytics.export_clicks(request).await.map_err(|status| refusal(&status))?.into_inner())
}

fn cells(click: ExportedClick) -> [String; COLUMNS.len()] {
    [
        click.at.map(text).unwrap_or_default(),
        click.link_id.to_string(),
        click.bot.to_string(),
        if click.qr { "qr" } else { "click" }.to_owned(),
        click.country,
        click.region,
        click.city,
        click.device,
        click.os,
        click.browser,
        click.language,
        click.referrer,
        click.channel,
        click.utm_source,
        click.utm_medium,
        click.utm_campaign,
        click.utm_term,
        click.utm_content,
    ]
}
