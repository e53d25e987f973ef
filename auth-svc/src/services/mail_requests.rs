//! Questions about an address whose answer goes by mail (S12).
//!
//! Whoever signs up, wants the verification once more, or has forgotten a password, must not learn from the answer whether
//! the address has an account: not from its text and not from the time it takes. So every such call does the same: it counts
//! against the same limits and writes one row. What comes of it is found out afterwards, here.

use std::{sync::Arc, time::Duration};

use curtail_lifecycle::Shutdown;

use super::{lockout, password_reset, registration, verification};
use crate::{
    App, Error,
    domain::{ClientInfo, Email},
    store::mail_requests::{self, MailRequest},
};

/// How long a question waits at the most for a process that was not told of it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is asked. The numbers are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// May I have an account?
    SignUp = 1,
    /// Where is my verification?
    Verification = 2,
    /// I forgot my password.
    Reset = 3,
    /// Somebody guesses passwords: does the owner know?
    Lockout = 4,
}

impl Question {
    fn from_number(number: i16) -> Option<Self> {
        [Self::SignUp, Self::Verification, Self::Reset, Self::Lockout].into_iter().find(|one| *one as i16 == number)
    }
}

/// Writes a question down.
pub async fn ask(app: &App, question: Question, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    write(app, new(app, question, email, client)).await
}

/// Writes down a sign-up.
pub async fn sign_up(
    app: &App,
    applicant: &registration::Applicant,
    password_hash: String,
    client: &ClientInfo,
) -> Result<(), Error> {
    let request = new(app, Question::SignUp, &applicant.email, client);
    let full_name = Some(applicant.full_name.as_str().to_owned());
    write(app, MailRequest { full_name, password_hash: Some(password_hash), ..request }).await
}

fn new(app: &App, question: Question, email: &Email, client: &ClientInfo) -> MailRequest {
    MailRequest {
        kind: question as i16,
        email: email.as_str().to_owned(),
        full_name: None,
        password_hash: None,
        ip_prefix: client.ip_prefix(),
        requested_at: app.now(),
    }
}

async fn write(app: &App, request: MailRequest) -> Result<(), Error> {
    mail_requests::insert(&app.pool, &request).await?;
    app.mail_requested.notify_one();
    Ok(())
}

/// Answers questions until the process drains. Any number of replicas may do so.
pub async fn answer_all(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        match answer_next(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a question that goes by mail waits"),
        }
        tokio::select! {
            () = app.mail_requested.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}

/// Answers the oldest question; `false` when there is none.
async fn answer_next(app: &App) -> Result<bool, Error> {
    let mut tx = app.pool.begin().await?;
    let Some(request) = mail_requests::take(&mut tx).await? else { return Ok(false) };
    // It was valid when it was written.
    if let (Some(question), Ok(email)) = (Question::from_number(request.kind), Email::parse(&request.email)) {
        match question {
            Question::SignUp => registration::answer(app, &mut tx, &email, &request).await?,
            Question::Verification => verification::answer(app, &mut tx, &email).await?,
            Question::Reset => password_reset::answer(app, &mut tx, &email, &request).await?,
            Question::Lockout => lockout::answer(app, &mut tx, &email, &request).await?,
        }
    }
    app.commit(tx).await?;
    Ok(true)
}
