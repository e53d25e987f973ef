//! Table `workspaces`.

use curtail_tokens::{Membership, Plan, Role};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, Row as _};
use time::OffsetDateTime;

use crate::error::known;

/// A workspace with a member's role in it.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// Whether it was made with its owner's account.
    pub(crate) personal: bool,
    pub(crate) plan: Plan,
    /// What the member may do.
    pub(crate) role: Role,
    pub(crate) created_at: OffsetDateTime,
}

/// Inserts a workspace and its first member.
pub(crate) async fn insert(conn: &mut PgConnection, workspace: &Workspace, user_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO workspaces (id, name, personal, plan, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(workspace.id)
        .bind(&workspace.name)
        .bind(workspace.personal)
        .bind(workspace.plan.number() as i16)
        .bind(workspace.created_at)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(workspace.id)
        .bind(user_id)
        .bind(workspace.role.number() as i16)
        .bind(workspace.created_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// The workspaces of a user, the personal one first, then by age.
pub(crate) async fn of_user(db: impl PgExecutor<'_>, user_id: i64) -> Result<Vec<Workspace>, sqlx::Error> {
    sqlx::query(
        "SELECT w.id, w.name, w.personal, w.plan, w.created_at, m.role
         FROM members m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1 ORDER BY w.personal DESC, w.id",
    )
    .bind(user_id)
    .fetch_all(db)
    .await?
    .iter()
    .map(workspace)
    .collect()
}

/// A workspace as one of its members sees it.
pub(crate) async fn of_member(
    db: impl PgExecutor<'_>,
    id: i64,
    user_id: i64,
) -> Result<Option<Workspace>, sqlx::Error> {
    sqlx::query(
        "SELECT w.id, w.name, w.personal, w.plan, w.created_at, m.role
         FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = $2 AND w.id = $1",
    )
    .bind(id)
    .bind(user_id)
    .fetch_optional(db)
    .await?
    .as_ref()
    .map(workspace)
    .transpose()
}

/// The columns that a change of a workspace needs.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct WorkspaceSummary {
    pub(crate) name: String,
    /// Whether it was made with its owner's account.
    pub(crate) personal: bool,
}

/// Locks a workspace until the end of the transaction.
pub(crate) async fn lock_named(conn: &mut PgConnection, id: i64) -> Result<Option<WorkspaceSummary>, sqlx::Error> {
    sqlx::query_as("SELECT name, personal FROM workspaces WHERE id = $1 FOR UPDATE").bind(id).fetch_optional(conn).await
}

/// Renames a workspace.
pub(crate) async fn rename(conn: &mut PgConnection, id: i64, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE workspaces SET name = $2 WHERE id = $1").bind(id).bind(name).execute(conn).await?;
    Ok(())
}

/// The memberships of a token: workspace, role and plan.
pub(crate) async fn memberships(db: impl PgExecutor<'_>, user_id: i64) -> Result<Vec<Membership>, sqlx::Error> {
    Ok(of_user(db, user_id)
        .await?
        .into_iter()
        .map(|workspace| Membership { id: workspace.id, role: workspace.role, plan: workspace.plan })
        .collect())
}

/// Locks a workspace until the end of the transaction; its plan, or `None` if it does not exist.
pub(crate) async fn lock(conn: &mut PgConnection, id: i64) -> Result<Option<Plan>, sqlx::Error> {
    let plan: Option<i16> = sqlx::query_scalar("SELECT plan FROM workspaces WHERE id = $1 FOR UPDATE")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    plan.map(|plan| known(Plan::from_number(plan.into()), "plan")).transpose()
}

fn workspace(row: &PgRow) -> Result<Workspace, sqlx::Error> {
    Ok(Workspace {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        personal: row.try_get("personal")?,
        plan: known(Plan::from_number(row.try_get::<i16, _>("plan")?.into()), "plan")?,
        role: known(Role::from_number(row.try_get::<i16, _>("role")?.into()), "role")?,
        created_at: row.try_get("created_at")?,
    })
}
