//! Requests about an address that are answered by mail (S12), and the table `mail_requests`.
//!
//! A client that signs up, asks for the verification again, or has forgotten a password must not learn from the response whether
//! the address has an account: not from its text and not from the time it takes. So every such call does the same: it counts
//! against the same limits and writes one row. The mail worker processes the row afterwards.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use crate::domain::{ClientInfo, Email, FullName};
use crate::{App, Error};

/// What a request asks for. The numbers are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailRequestKind {
    /// Create an account.
    SignUp = 1,
    Verification = 2,
    Reset = 3,
    /// Passwords of the account are being guessed: notify the owner.
    Lockout = 4,
}

impl MailRequestKind {
    pub(crate) fn from_number(number: i16) -> Option<Self> {
        [Self::SignUp, Self::Verification, Self::Reset, Self::Lockout].into_iter().find(|one| *one as i16 == number)
    }
}

pub(crate) async fn enqueue(app: &App, kind: MailRequestKind, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    store(app, new(app, kind, email, client)).await
}

pub(crate) async fn enqueue_sign_up(
    app: &App,
    email: &Email,
    full_name: &FullName,
    password_hash: String,
    client: &ClientInfo,
) -> Result<(), Error> {
    let request = new(app, MailRequestKind::SignUp, email, client);
    let full_name = Some(full_name.as_str().to_owned());
    store(app, MailRequest { full_name, password_hash: Some(password_hash), ..request }).await
}

fn new(app: &App, kind: MailRequestKind, email: &Email, client: &ClientInfo) -> MailRequest {
    MailRequest {
        kind: kind as i16,
        email: email.as_str().to_owned(),
        full_name: None,
        password_hash: None,
        ip_prefix: client.ip_prefix(),
        requested_at: app.now(),
    }
}

async fn store(app: &App, request: MailRequest) -> Result<(), Error> {
    insert(&app.pool, &request).await?;
    app.mail_requested.notify_one();
    Ok(())
}

/// A request about an address.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct MailRequest {
    /// 1 sign-up, 2 verification once more, 3 password reset, 4 notice of a lockout.
    pub(crate) kind: i16,
    pub(crate) email: String,
    pub(crate) full_name: Option<String>,
    /// PHC string; of a sign-up.
    pub(crate) password_hash: Option<String>,
    /// Who asked: /24 or /48.
    pub(crate) ip_prefix: String,
    pub(crate) requested_at: OffsetDateTime,
}

impl std::fmt::Debug for MailRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailRequest").field("kind", &self.kind).finish_non_exhaustive()
    }
}

pub(crate) async fn insert(db: impl PgExecutor<'_>, request: &MailRequest) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mail_requests (kind, email, full_name, password_hash, ip_prefix, requested_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(request.kind)
    .bind(&request.email)
    .bind(&request.full_name)
    .bind(&request.password_hash)
    .bind(&request.ip_prefix)
    .bind(request.requested_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the oldest request that no other worker is processing. It is back if the transaction fails.
pub(crate) async fn take(conn: &mut PgConnection) -> Result<Option<MailRequest>, sqlx::Error> {
    sqlx::query_as(
        "DELETE FROM mail_requests WHERE id = (
             SELECT id FROM mail_requests ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
         ) RETURNING kind, email, full_name, password_hash, ip_prefix, requested_at",
    )
    .fetch_optional(conn)
    .await
}
