//! Workspaces that ended with an account: what their links said is deleted, and their codes answer as deleted for ever.
//!
//! Follows the stream `accounts`. A link keeps its row without its content, because codes are never given out twice. Who held
//! a token when the workspace ended may make links in it for a few minutes: those are erased as they come.

use std::sync::Arc;

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::{Envelope, LinkDeleted, LinkSnapshot, envelope::Payload};
use curtail_streams::{Consumer, Delivery, Erased, Outcome};
use time::Duration;

use crate::MIGRATOR;
use crate::app::App;
use crate::link::Link;
use crate::link::event::{self, Fact};
use crate::store::{erasure, find, update};

/// Links of one transaction.
const BATCH: i64 = 100;

/// For how long links may still be made in a workspace that has ended: longer than the longest `auth.internal_token_seconds` and
/// a request with such a token.
const LATE: Duration = Duration::minutes(10);

/// How often those are looked for.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Follows the stream until draining begins.
///
/// # Errors
/// When migrations are missing for good.
pub async fn run(app: Arc<App>, accounts: Consumer, shutdown: Shutdown) -> anyhow::Result<()> {
    tokio::select! {
        migrated = curtail_db::wait_migrated(&app.pool, &MIGRATOR) => migrated?,
        () = shutdown.draining() => return Ok(()),
    }
    tokio::try_join!(follow(Arc::clone(&app), accounts, shutdown.clone()), again(&app, &shutdown))?;
    Ok(())
}

async fn follow(app: Arc<App>, accounts: Consumer, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: Delivery| {
        let app = Arc::clone(&app);
        async move {
            match apply(&app, delivery.envelope).await {
                Ok(()) => Outcome::Done,
                Err(error) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
                Err(error) => Outcome::Failed(error.to_string()),
            }
        }
    };
    accounts.run(handle, shutdown).await
}

/// Erases the workspaces of an event; other events change nothing. Doing it again finds nothing to do.
async fn apply(app: &App, envelope: Envelope) -> Result<(), sqlx::Error> {
    let Some(Payload::AccountErased(erased)) = envelope.payload else { return Ok(()) };
    erasure::remember(&app.pool, &erased.workspace_ids, app.now()).await?;
    erase(app, &Erased::from(&erased)).await
}

/// Erases what came late, until draining begins.
async fn again(app: &App, shutdown: &Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        if let Err(error) = late(app).await {
            tracing::warn!(%error, "workspaces that have ended can not be looked through");
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}

async fn late(app: &App) -> Result<(), sqlx::Error> {
    for workspace_id in erasure::remembered(&app.pool).await? {
        if erasure::has_content(&app.pool, workspace_id).await? {
            erase(app, &Erased { workspace_ids: vec![workspace_id], ..Erased::default() }).await?;
        }
    }
    erasure::forget(&app.pool, app.now() - LATE).await
}

/// Erases workspaces. Doing it again finds nothing to do.
async fn erase(app: &App, erased: &Erased) -> Result<(), sqlx::Error> {
    for &workspace_id in &erased.workspace_ids {
        while erase_batch(app, workspace_id).await? {}
        erasure::delete_rest(&app.pool, workspace_id).await?;
    }
    let mut conn = app.pool.acquire().await?;
    curtail_db::outbox::forget(&mut conn, &erased.marks(), |event| erased.concerns(event) && !is_blank(event)).await?;
    Ok(())
}

/// Whether an event tells of a link that is erased already: that has to arrive.
fn is_blank(envelope: &Envelope) -> bool {
    matches!(&envelope.payload, Some(Payload::LinkDeleted(LinkDeleted { snapshot: Some(LinkSnapshot { link: Some(link), .. }) }))
        if link.url == erasure::ERASED_URL)
}

/// Empties some links; `false` when none was left.
async fn erase_batch(app: &App, workspace_id: i64) -> Result<bool, sqlx::Error> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let ids = erasure::with_content(&mut tx, workspace_id, BATCH).await?;
    for id in &ids {
        let Some(link) = find::for_update(&mut *tx, *id).await? else { continue };
        let blank = Link {
            url: erasure::ERASED_URL.to_owned(),
            title: String::new(),
            description: String::new(),
            notes: String::new(),
            external_id: String::new(),
            tags: Vec::new(),
            tag_colors: Vec::new(),
            fallback_url: String::new(),
            creator_id: 0,
            version: link.version + 1,
            updated_at: now,
            deleted_at: Some(link.deleted_at.unwrap_or(now)),
            ..link
        };
        update::write(&mut *tx, &blank).await?;
        curtail_db::outbox::append(&mut tx, event::STREAM, &app.event(Fact::Deleted, &blank, now)).await?;
    }
    erasure::forget_creators(&mut tx, &ids).await?;
    tx.commit().await?;
    app.wake_relay();
    Ok(!ids.is_empty())
}
