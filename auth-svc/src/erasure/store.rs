//! The rows that erasing an account deletes.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// An account to be erased.
#[derive(Debug)]
pub(crate) struct ErasureTarget<'a> {
    pub(crate) user_id: i64,
    /// Its address in lower case.
    pub(crate) email_key: &'a str,
    pub(crate) workspaces: &'a [i64],
    /// Those that are erased with it.
    pub(crate) ended: &'a [i64],
}

/// Deletes all rows about the account in the tables of this service, except its own row.
pub(crate) async fn delete_rows(conn: &mut PgConnection, target: &ErasureTarget<'_>) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM mail_tokens WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM api_keys WHERE creator_id = $1",
        "DELETE FROM invitations WHERE inviter_id = $1",
        "DELETE FROM members WHERE user_id = $1",
    ] {
        sqlx::query(sql).bind(target.user_id).execute(&mut *conn).await?;
    }
    for sql in [
        "DELETE FROM api_keys WHERE workspace_id = ANY($1)",
        "DELETE FROM invitations WHERE workspace_id = ANY($1)",
        "DELETE FROM members WHERE workspace_id = ANY($1)",
        "DELETE FROM workspaces WHERE id = ANY($1)",
        "DELETE FROM audit_log WHERE workspace_id = ANY($1)",
    ] {
        sqlx::query(sql).bind(target.ended).execute(&mut *conn).await?;
    }
    for sql in ["DELETE FROM mail_requests WHERE lower(email) = $1", "DELETE FROM invitations WHERE email_key = $1"] {
        sqlx::query(sql).bind(target.email_key).execute(&mut *conn).await?;
    }
    redact_log(conn, target).await
}

/// The log of the account is deleted. Logs of remaining workspaces keep what happened and the number of the account that did it.
async fn redact_log(conn: &mut PgConnection, target: &ErasureTarget<'_>) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM audit_log WHERE account_id = $1 AND workspace_id IS NULL")
        .bind(target.user_id)
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE audit_log SET ip_prefix = '' WHERE workspace_id = ANY($2) AND actor_user_id = $1")
        .bind(target.user_id)
        .bind(target.workspaces)
        .execute(&mut *conn)
        .await?;
    // Names of its keys.
    sqlx::query(
        "UPDATE audit_log SET before = NULL, after = NULL WHERE action LIKE 'api_key.%' AND actor_user_id = $1",
    )
    .bind(target.user_id)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE audit_log SET before = NULL, after = NULL
         WHERE action LIKE 'invitation.%' AND lower(concat(before ->> 'email', after ->> 'email')) = $1",
    )
    .bind(target.email_key)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Blanks the row of the account. The id stays, so that it is never used again.
pub(crate) async fn blank(
    conn: &mut PgConnection,
    user_id: i64,
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE users SET email = 'erased-' || id || '@erased.invalid', email_key = 'erased-' || id || '@erased.invalid',
                full_name = 'Erased account', password_hash = $2, email_verified_at = NULL, platform_admin = false,
                status = 3, updated_at = $3
         WHERE id = $1",
    )
    .bind(user_id)
    .bind(password_hash)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
