//! Periodic tasks. Every step may run on every replica at once.

use std::sync::Arc;
use std::time::Duration;

use curtail_lifecycle::Shutdown;

use crate::revocations::REVOCATION_LIFE;
use crate::sessions::SESSION_MEMORY;
use crate::{App, Error, api_keys, mail_tokens, revocations, sessions, signing_keys, workspaces};

/// How often last uses are written.
pub const WRITE_EVERY: Duration = Duration::from_secs(5);

/// How often expired rows are deleted.
const DELETE_EVERY: Duration = Duration::from_secs(60);

/// Reloads the signing keys periodically.
pub async fn reload_keys(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while pause(signing_keys::RELOAD_EVERY, &shutdown).await {
        if let Err(error) = app.keys.reload().await {
            tracing::warn!(%error, "signing keys were not reloaded");
        }
    }
    Ok(())
}

/// Writes when sessions and keys were last used, one last time at shutdown.
pub async fn write_activity(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        let go_on = pause(WRITE_EVERY, &shutdown).await;
        if let Err(error) = write_last_uses(&app).await {
            tracing::warn!(%error, "last uses were not written");
        }
        if !go_on {
            return Ok(());
        }
    }
}

/// Deletes expired signing keys, sessions, revocations, invitations, tokens of mails, and full local limits.
pub async fn delete_expired(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while pause(DELETE_EVERY, &shutdown).await {
        app.limits.sweep();
        if let Err(error) = delete_expired_once(&app).await {
            tracing::warn!(%error, "expired rows were not deleted");
        }
    }
    Ok(())
}

/// One round of [`delete_expired`].
pub async fn delete_expired_once(app: &App) -> Result<(), Error> {
    app.keys.retire().await?;
    mail_tokens::delete_expired(&app.pool, app.now()).await?;
    workspaces::invitation_store::delete_expired(&app.pool, app.now()).await?;
    revocations::store::delete_before(&app.pool, app.now() - REVOCATION_LIFE).await?;
    sessions::store::delete_over(&app.pool, app.now() - SESSION_MEMORY).await?;
    Ok(())
}

/// Waits; `false` when the process drains meanwhile.
async fn pause(time: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        () = shutdown.draining() => false,
    }
}

/// Writes the last uses. If that fails they are lost; a later use is written in their place.
async fn write_last_uses(app: &App) -> Result<(), sqlx::Error> {
    let (ids, times) = app.activity.take_sessions();
    if !ids.is_empty() {
        sessions::store::touch(&app.pool, &ids, &times).await?;
    }
    let (ids, times) = app.activity.take_keys();
    if !ids.is_empty() {
        api_keys::store::touch(&app.pool, &ids, &times).await?;
    }
    Ok(())
}
