//! Table `mail_requests`.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

/// A question about an address.
#[derive(Clone, sqlx::FromRow)]
pub struct MailRequest {
    /// 1 sign-up, 2 verification once more, 3 password reset, 4 notice of a lockout.
    pub kind: i16,
    /// A valid address.
    pub email: String,
    /// Of a sign-up.
    pub full_name: Option<String>,
    /// PHC string; of a sign-up.
    pub password_hash: Option<String>,
    /// Who asked: /24 or /48.
    pub ip_prefix: String,
    /// When.
    pub requested_at: OffsetDateTime,
}

impl std::fmt::Debug for MailRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailRequest").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Inserts a question.
pub async fn insert(db: impl PgExecutor<'_>, request: &MailRequest) -> Result<(), sqlx::Error> {
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

/// Takes the oldest question that nobody else is answering. It is back when the transaction fails.
pub async fn take(conn: &mut PgConnection) -> Result<Option<MailRequest>, sqlx::Error> {
    sqlx::query_as(
        "DELETE FROM mail_requests WHERE id = (
             SELECT id FROM mail_requests ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
         ) RETURNING kind, email, full_name, password_hash, ip_prefix, requested_at",
    )
    .fetch_optional(conn)
    .await
}
