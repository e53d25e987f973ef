//! Processes requests that are answered by mail. Any number of replicas may do so.

use std::sync::Arc;
use std::time::Duration;

use curtail_lifecycle::Shutdown;

use crate::domain::Email;
use crate::mail_requests::{self, MailRequestKind};
use crate::passwords::reset;
use crate::sessions::login;
use crate::{App, Error, registration, verification};

/// How long a request waits at most for a process that was not notified of it.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Processes requests until shutdown begins.
pub(crate) async fn run(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        match process_next(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a kind that goes by mail waits"),
        }
        tokio::select! {
            () = app.mail_requested.notified() => {}
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}

/// Processes the oldest request; `false` if the queue is empty.
async fn process_next(app: &App) -> Result<bool, Error> {
    let mut tx = app.pool.begin().await?;
    let Some(request) = mail_requests::take(&mut tx).await? else { return Ok(false) };
    // It was valid when it was stored.
    if let (Some(kind), Ok(email)) = (MailRequestKind::from_number(request.kind), Email::parse(&request.email)) {
        match kind {
            MailRequestKind::SignUp => registration::process_request(app, &mut tx, &email, &request).await?,
            MailRequestKind::Verification => verification::process_request(app, &mut tx, &email).await?,
            MailRequestKind::Reset => reset::process_request(app, &mut tx, &email, &request).await?,
            MailRequestKind::Lockout => login::notify_owner(app, &mut tx, &email, &request).await?,
        }
    }
    app.commit(tx).await?;
    Ok(true)
}
