//! Table `members`.

use curtail_tokens::Role;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, Row as _};
use time::OffsetDateTime;

use crate::error::known;

/// A member of a workspace.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) user_id: i64,
    pub(crate) full_name: String,
    pub(crate) email: String,
    /// What the member may do.
    pub(crate) role: Role,
    pub(crate) created_at: OffsetDateTime,
}

/// The members of a workspace, oldest first.
pub(crate) async fn of_workspace(db: impl PgExecutor<'_>, workspace_id: i64) -> Result<Vec<Member>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT m.user_id, u.full_name, u.email, m.role, m.created_at FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.workspace_id = $1 ORDER BY m.created_at, m.user_id",
    );
    rows.bind(workspace_id).fetch_all(db).await?.iter().map(member).collect()
}

/// A user's role in a workspace.
pub(crate) async fn role_of(
    db: impl PgExecutor<'_>,
    workspace_id: i64,
    user_id: i64,
) -> Result<Option<Role>, sqlx::Error> {
    let role: Option<i16> = sqlx::query_scalar("SELECT role FROM members WHERE workspace_id = $1 AND user_id = $2")
        .bind(workspace_id)
        .bind(user_id)
        .fetch_optional(db)
        .await?;
    role.map(|role| known(Role::from_number(role.into()), "role")).transpose()
}

/// Whether the account of an address belongs to a workspace.
pub(crate) async fn has_address(
    db: impl PgExecutor<'_>,
    workspace_id: i64,
    email_key: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM members m JOIN users u ON u.id = m.user_id
                        WHERE m.workspace_id = $1 AND u.email_key = $2)",
    )
    .bind(workspace_id)
    .bind(email_key)
    .fetch_one(db)
    .await
}

/// Members and pending invitations of a workspace together.
pub(crate) async fn count(db: impl PgExecutor<'_>, workspace_id: i64, now: OffsetDateTime) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM members WHERE workspace_id = $1)
              + (SELECT count(*) FROM invitations WHERE workspace_id = $1 AND expires_at > $2)",
    )
    .bind(workspace_id)
    .bind(now)
    .fetch_one(db)
    .await
}

pub(crate) async fn owners(db: impl PgExecutor<'_>, workspace_id: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM members WHERE workspace_id = $1 AND role = 4")
        .bind(workspace_id)
        .fetch_one(db)
        .await
}

/// Workspaces that a user owns, the personal one left out.
pub(crate) async fn owned(db: impl PgExecutor<'_>, user_id: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) FROM members m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1 AND m.role = 4 AND NOT w.personal",
    )
    .bind(user_id)
    .fetch_one(db)
    .await
}

/// Inserts a member; `false` when the user is one already.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    workspace_id: i64,
    user_id: i64,
    role: Role,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(workspace_id)
    .bind(user_id)
    .bind(role.number() as i16)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Sets a member's role.
pub(crate) async fn set_role(
    conn: &mut PgConnection,
    workspace_id: i64,
    user_id: i64,
    role: Role,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2")
        .bind(workspace_id)
        .bind(user_id)
        .bind(role.number() as i16)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete(conn: &mut PgConnection, workspace_id: i64, user_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2")
        .bind(workspace_id)
        .bind(user_id)
        .execute(conn)
        .await?;
    Ok(())
}

fn member(row: &PgRow) -> Result<Member, sqlx::Error> {
    Ok(Member {
        user_id: row.try_get("user_id")?,
        full_name: row.try_get("full_name")?,
        email: row.try_get("email")?,
        role: known(Role::from_number(row.try_get::<i16, _>("role")?.into()), "role")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Revokes the live API keys that a member created in a workspace, because they end with the membership; their ids.
pub(crate) async fn revoke_api_keys(
    conn: &mut PgConnection,
    workspace_id: i64,
    creator_id: i64,
    now: OffsetDateTime,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND creator_id = $2 AND revoked_at IS NULL
         RETURNING id",
    )
    .bind(workspace_id)
    .bind(creator_id)
    .bind(now)
    .fetch_all(conn)
    .await
}
