//! Table `invitations`.

use curtail_tokens::Role;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row as _};
use time::OffsetDateTime;

use crate::error::known;

/// A pending invitation without its token.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) id: i64,
    pub(crate) workspace_id: i64,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) inviter_id: i64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

impl FromRow<'_, PgRow> for Invitation {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            workspace_id: row.try_get("workspace_id")?,
            email: row.try_get("email")?,
            role: known(Role::from_number(row.try_get::<i16, _>("role")?.into()), "role")?,
            inviter_id: row.try_get("inviter_id")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

/// Inserts an invitation, or replaces an earlier one of the address; its id.
pub(crate) async fn put(
    conn: &mut PgConnection,
    invitation: &Invitation,
    token_hash: [u8; 32],
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO invitations (id, workspace_id, email, email_key, role, inviter_id, token_hash, created_at, expires_at)
         VALUES ($1, $2, $3, lower($3), $4, $5, $6, $7, $8)
         ON CONFLICT ON CONSTRAINT invitations_address DO UPDATE SET email = EXCLUDED.email, role = EXCLUDED.role,
             inviter_id = EXCLUDED.inviter_id, token_hash = EXCLUDED.token_hash, created_at = EXCLUDED.created_at,
             expires_at = EXCLUDED.expires_at
         RETURNING id",
    )
    .bind(invitation.id)
    .bind(invitation.workspace_id)
    .bind(&invitation.email)
    .bind(invitation.role.number() as i16)
    .bind(invitation.inviter_id)
    .bind(&token_hash[..])
    .bind(invitation.created_at)
    .bind(invitation.expires_at)
    .fetch_one(conn)
    .await
}

/// The live invitations of a workspace, newest first.
pub(crate) async fn of_workspace(
    db: impl PgExecutor<'_>,
    workspace_id: i64,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM invitations WHERE workspace_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC",
    )
    .bind(workspace_id)
    .bind(now)
    .fetch_all(db)
    .await
}

/// An invitation by its id.
pub(crate) async fn by_id(db: impl PgExecutor<'_>, id: i64) -> Result<Option<Invitation>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM invitations WHERE id = $1").bind(id).fetch_optional(db).await
}

/// The live invitation of a token.
pub(crate) async fn by_token(
    db: impl PgExecutor<'_>,
    token_hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<Option<Invitation>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM invitations WHERE token_hash = $1 AND expires_at > $2")
        .bind(&token_hash[..])
        .bind(now)
        .fetch_optional(db)
        .await
}

/// Deletes an invitation; `false` if another caller was faster.
pub(crate) async fn delete(conn: &mut PgConnection, id: i64) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM invitations WHERE id = $1").bind(id).execute(conn).await?;
    Ok(deleted.rows_affected() == 1)
}

/// Deletes the invitations of a member who may no longer invite.
pub(crate) async fn delete_of_inviter(
    conn: &mut PgConnection,
    workspace_id: i64,
    inviter_id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM invitations WHERE workspace_id = $1 AND inviter_id = $2")
        .bind(workspace_id)
        .bind(inviter_id)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete_expired(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM invitations WHERE expires_at <= $1").bind(now).execute(pool).await?;
    Ok(())
}
