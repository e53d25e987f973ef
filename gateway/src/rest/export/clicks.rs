//! Raw clicks, sent as they are read.

use std::io;
use std::time::Instant;

use axum::body::{Body, Bytes};
use curtail_proto::analytics::v1::{AnalyticsScope, ExportClicksRequest, ExportClicksResponse, ExportedClick};
use curtail_proto::auth::v1::Client;
use futures_util::stream;

use super::file::{File, text};
use super::table::Table;
use crate::app::App;
use crate::auth::Credential;
use crate::error::Code;
use crate::rest::analytics::question::Question;
use crate::rest::endpoint::Call;
use crate::rest::problem::Problem;

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
pub(super) async fn clicks(call: &Call, scope: AnalyticsScope, mut question: Question) -> Result<File, Problem> {
    if question.step.is_some() || question.top.is_some() || !question.dimension.is_empty() {
        return Err(Problem::new(Code::BadRequest, "clicks.csv takes no step, top or dimension"));
    }
    let filters = question.filters();
    let question = question.about(scope, 0);
    let question = ExportClicksRequest {
        scope: question.scope,
        from: question.from,
        until: question.until,
        filters,
        limit: PAGE,
        cursor: String::new(),
    };
    let session = Session::of(call)?;
    let first = page(&session, question.clone()).await?;
    let details_from = first.raw_from;
    let pages =
        stream::try_unfold(Pages { session, question, next: Some(first), header: true }, async |mut pages: Pages| {
            Ok::<_, io::Error>(pages.next().await?.map(|bytes| (bytes, pages)))
        });
    Ok(File::new("attachment; filename=\"clicks.csv\"", Body::from_stream(pages), details_from))
}

/// A credential for as long as an export takes: internal tokens live a minute, and a credential may be revoked meanwhile.
struct Session {
    app: App,
    call: curtail_rpc::CallContext,
    credential: Credential,
    client: Client,
}

impl Session {
    fn of(call: &Call) -> Result<Self, Problem> {
        let signed_in = call.credential.clone();
        let credential = signed_in.ok_or_else(|| Problem::new(Code::Unauthenticated, "sign in to export"))?;
        let (app, client) = (call.app.clone(), call.context.client.clone());
        Ok(Self { app, call: call.context.call.clone(), credential, client })
    }

    /// A request in the name of the caller, with a new deadline, that may be made twice.
    async fn read<T>(&self, message: T) -> Result<tonic::Request<T>, Problem> {
        let deadline = Instant::now() + self.app.request_timeout();
        let call = curtail_rpc::CallContext { authorization: None, deadline, ..self.call.clone() };
        let caller = self.app.shared.authenticator.authenticate(&self.credential, &self.client, &call).await?;
        Ok(call.on_behalf_of(caller.principal.internal_token).read().request(message))
    }
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
                // Neither the first page nor the end of the last one has a cursor.
                None if self.question.cursor.is_empty() => return Ok(None),
                None => page(&self.session, self.question.clone()).await.map_err(|problem| {
                    tracing::warn!(code = problem.code().as_str(), "an export breaks off");
                    io::Error::other(problem.code().as_str())
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

async fn page(session: &Session, question: ExportClicksRequest) -> Result<ExportClicksResponse, Problem> {
    // Exports wait for one another; the permit is given back while the client takes its time.
    let _permit = session.app.shared.export_pages.acquire().await;
    let request = session.read(question).await?;
    Ok(session.app.shared.upstreams.analytics.clone().export_clicks(request).await?.into_inner())
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
