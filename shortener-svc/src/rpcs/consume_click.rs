//! Uses up one click of a link with a limit. For services only. Tests: `tests/clicks.rs`.

use curtail_proto::links::v1::{ConsumeClickRequest, ConsumeClickResponse, LinkState};
use curtail_rpc::Error;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::app::App;
use crate::failure::Failure;
use crate::limits;
use crate::link::event::{self, Fact};
use crate::link::state;
use crate::refusal::{self, invalid};
use crate::store::clicks::{self, Taken};
use crate::store::{find, update};

/// What is left where there is no limit (any more).
const UNLIMITED: ConsumeClickResponse = ConsumeClickResponse { granted: true, remaining: u32::MAX };

pub(super) async fn handle(app: &App, request: Request<ConsumeClickRequest>) -> Result<ConsumeClickResponse, Error> {
    curtail_rpc::service(&request)?;
    let ConsumeClickRequest { link_id, event_id } = request.into_inner();
    if event_id.len() != limits::EVENT_ID_BYTES {
        return Err(invalid("EVENT_ID_INVALID", "eventId", "an event id has 16 bytes"));
    }
    let answer = consume(app, link_id, &event_id).await?;
    let result = if answer.granted { "granted" } else { "refused" };
    metrics::counter!("limited_clicks_total", "result" => result).increment(1);
    Ok(answer)
}

async fn consume(app: &App, id: i64, event_id: &[u8]) -> Result<ConsumeClickResponse, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let Taken { fresh, used, most } = clicks::take(&mut *tx, id, event_id, now).await?;
    if let Some((used, most)) = used.zip(most) {
        if used == most {
            tell_exhausted(app, &mut tx, id, now).await?;
        }
        tx.commit().await?;
        app.wake_relay();
        return Ok(granted(used, most));
    }
    // Forgets the event id again: a refused visit may be granted later, after the limit was raised.
    tx.rollback().await?;
    let link = find::by_id(&app.pool, id).await?.ok_or_else(refusal::link_not_found)?;
    Ok(if !fresh {
        granted(link.used_clicks, link.max_clicks)
    } else if link.max_clicks == 0 && state::at(&link, now) == LinkState::Active {
        UNLIMITED
    } else {
        ConsumeClickResponse { granted: false, remaining: 0 }
    })
}

/// The last click is a change of the link: redirectors have to forget what they know.
async fn tell_exhausted(app: &App, conn: &mut PgConnection, id: i64, now: OffsetDateTime) -> Result<(), Failure> {
    let mut link = find::for_update(&mut *conn, id).await?.ok_or_else(refusal::link_not_found)?;
    link.version += 1;
    link.updated_at = now;
    update::write(&mut *conn, &link).await?;
    curtail_db::outbox::append(conn, event::STREAM, &app.event(Fact::Expired, &link, now)).await?;
    Ok(())
}

fn granted(used: i32, most: i32) -> ConsumeClickResponse {
    ConsumeClickResponse { granted: true, remaining: most.saturating_sub(used).max(0).cast_unsigned() }
}
