//! What erasing an account takes out of the schema.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// An account that is about to go.
#[derive(Debug)]
pub struct Leaving<'a> {
    /// The account.
    pub user_id: i64,
    /// Its address in lower case.
    pub email_key: &'a str,
    /// All its workspaces.
    pub workspaces: &'a [i64],
    /// Those that end with it.
    pub ended: &'a [i64],
}

/// Deletes everything about the account in the tables of this service but its own row.
pub async fn delete_rows(conn: &mut PgConnection, leaving: &Leaving<'_>) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM mail_tokens WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM api_keys WHERE creator_id = $1",
        "DELETE FROM invitations WHERE inviter_id = $1",
        "DELETE FROM members WHERE user_id = $1",
    ] {
        sqlx::query(sql).bind(leaving.user_id).execute(&mut *conn).await?;
    }
    for sql in [
        "DELETE FROM api_keys WHERE workspace_id = ANY($1)",
        "DELETE FROM invitations WHERE workspace_id = ANY($1)",
        "DELETE FROM members WHERE workspace_id = ANY($1)",
        "DELETE FROM workspaces WHERE id = ANY($1)",
        "DELETE FROM audit_log WHERE workspace_id = ANY($1)",
    ] {
        sqlx::query(sql).bind(leaving.ended).execute(&mut *conn).await?;
    }
    for sql in ["DELETE FROM mail_requests WHERE lower(email) = $1", "DELETE FROM invitations WHERE email_key = $1"] {
        sqlx::query(sql).bind(leaving.email_key).execute(&mut *conn).await?;
    }
    redact_log(conn, leaving).await
}

/// The log of what was done to the account goes with it. Logs of workspaces that go on keep what happened and that the same
/// account did it, by its number alone.
async fn redact_log(conn: &mut PgConnection, leaving: &Leaving<'_>) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM audit_log WHERE account_id = $1 AND workspace_id IS NULL")
        .bind(leaving.user_id)
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE audit_log SET ip_prefix = '' WHERE workspace_id = ANY($2) AND actor_user_id = $1")
        .bind(leaving.user_id)
        .bind(leaving.workspaces)
        .execute(&mut *conn)
        .await?;
    // Names of its keys.
    sqlx::query(
        "UPDATE audit_log SET before = NULL, after = NULL WHERE action LIKE 'api_key.%' AND actor_user_id = $1",
    )
    .bind(leaving.user_id)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE audit_log SET before = NULL, after = NULL
         WHERE action LIKE 'invitation.%' AND lower(concat(before ->> 'email', after ->> 'email')) = $1",
    )
    .bind(leaving.email_key)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Leaves of the account that there was one with this number, so that nothing else ever gets it.
pub async fn blank(
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
