//! What has to be done now and then. Every step may run on every replica at once.

use std::{sync::Arc, time::Duration};

use curtail_lifecycle::Shutdown;

use super::{activity, keys};
use crate::{
    App,
    settings::{REVOCATION_LIFE, SESSION_MEMORY},
    store::{invitations, mail_tokens, revocations, sessions},
};

/// How often old things are cleared away.
const CLEAR_EVERY: Duration = Duration::from_secs(60);

/// Reads the signing keys again and again.
pub async fn follow_keys(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while pause(keys::RELOAD_EVERY, &shutdown).await {
        if let Err(error) = app.keys.reload().await {
            tracing::warn!(%error, "signing keys stay as they were read last");
        }
    }
    Ok(())
}

/// Writes when sessions and keys were last used, for the last time when the process stops.
pub async fn write_activity(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        let go_on = pause(activity::WRITE_EVERY, &shutdown).await;
        if let Err(error) = app.activity.write(&app.pool).await {
            tracing::warn!(%error, "last uses were not written");
        }
        if !go_on {
            return Ok(());
        }
    }
}

/// Retires signing keys, forgets old sessions and revocations, expired tokens of mails and full limits.
pub async fn clear(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while pause(CLEAR_EVERY, &shutdown).await {
        app.limits.sweep();
        if let Err(error) = clear_once(&app).await {
            tracing::warn!(%error, "old keys and revocations stay for now");
        }
    }
    Ok(())
}

/// One round of [`clear`].
pub async fn clear_once(app: &App) -> Result<(), crate::Error> {
    app.keys.retire().await?;
    mail_tokens::delete_expired(&app.pool, app.now()).await?;
    invitations::delete_expired(&app.pool, app.now()).await?;
    revocations::delete_before(&app.pool, app.now() - REVOCATION_LIFE).await?;
    sessions::delete_over(&app.pool, app.now() - SESSION_MEMORY).await?;
    Ok(())
}

/// Waits; `false` when the process drains meanwhile.
async fn pause(time: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        () = shutdown.draining() => false,
    }
}
