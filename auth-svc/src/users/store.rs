//! Table `users`.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, Row as _};
use time::OffsetDateTime;

use crate::domain::{Email, FullName};
use crate::error::known;
use crate::users::{AccountStatus, User};

/// A user with what a login needs.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) password_hash: String,
}

const COLUMNS: &str = "id, email, email_verified_at, full_name, status, platform_admin, created_at, password_hash";

/// Inserts a user; `false` when the address is taken. A concurrent sign-up with the same address is waited for.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    user: &User,
    email: &Email,
    name: &FullName,
    password_hash: &str,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO users (id, email, email_key, full_name, password_hash, status, platform_admin, created_at, updated_at,
                            email_verified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
         ON CONFLICT (email_key) DO NOTHING",
    )
    .bind(user.id)
    .bind(email.as_str())
    .bind(email.key())
    .bind(name.as_str())
    .bind(password_hash)
    .bind(user.status as i16)
    .bind(user.platform_admin)
    .bind(user.created_at)
    .bind(user.email_verified_at)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The user of an address.
pub(crate) async fn by_email(db: impl PgExecutor<'_>, email_key: &str) -> Result<Option<Credentials>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM users WHERE email_key = $1"));
    sqlx::query(query).bind(email_key).fetch_optional(db).await?.as_ref().map(credentials).transpose()
}

/// The user of an id.
pub(crate) async fn by_id(db: impl PgExecutor<'_>, id: i64) -> Result<Option<Credentials>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM users WHERE id = $1"));
    sqlx::query(query).bind(id).fetch_optional(db).await?.as_ref().map(credentials).transpose()
}

/// Locks a user until the end of the transaction.
pub(crate) async fn lock(conn: &mut PgConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT FROM users WHERE id = $1 FOR UPDATE").bind(id).execute(conn).await?;
    Ok(())
}

pub(crate) async fn set_password(
    db: impl PgExecutor<'_>,
    id: i64,
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(password_hash)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks the address as verified, unless it was before.
pub(crate) async fn set_verified(db: impl PgExecutor<'_>, id: i64, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE users SET email_verified_at = $2, updated_at = $2 WHERE id = $1 AND email_verified_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives an unverified account the name and password of the latest sign-up.
pub(crate) async fn sign_up_again(
    db: impl PgExecutor<'_>,
    id: i64,
    name: &FullName,
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE users SET full_name = $2, password_hash = $3, updated_at = $4 WHERE id = $1")
        .bind(id)
        .bind(name.as_str())
        .bind(password_hash)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets the status of an account.
pub(crate) async fn set_status(
    db: impl PgExecutor<'_>,
    id: i64,
    status: AccountStatus,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE users SET status = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(status as i16)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Makes a user an administrator of the platform; `None` when there is no such address.
pub(crate) async fn promote(
    db: impl PgExecutor<'_>,
    email_key: &str,
    now: OffsetDateTime,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("UPDATE users SET platform_admin = true, updated_at = $2 WHERE email_key = $1 RETURNING id")
        .bind(email_key)
        .bind(now)
        .fetch_optional(db)
        .await
}

/// What members of a workspace see of each other.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Summary {
    pub(crate) id: i64,
    pub(crate) full_name: String,
    pub(crate) email: String,
}

/// Those of `ids` who are members of one of `workspaces`, deleted accounts left out.
pub(crate) async fn summaries(
    db: impl PgExecutor<'_>,
    ids: &[i64],
    workspaces: &[i64],
) -> Result<Vec<Summary>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, full_name, email FROM users u
         WHERE id = ANY($1) AND status <> 3
           AND EXISTS (SELECT FROM members m WHERE m.user_id = u.id AND m.workspace_id = ANY($2))
         ORDER BY id",
    )
    .bind(ids)
    .bind(workspaces)
    .fetch_all(db)
    .await
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Recipient {
    pub(crate) id: i64,
    pub(crate) full_name: String,
    /// As it is written to.
    pub(crate) email: String,
    /// Whether the address is verified.
    pub(crate) email_verified: bool,
    /// Role in the requested workspace.
    pub(crate) role: Option<i16>,
}

/// Members of the workspace and users of `ids` whose accounts are active.
pub(crate) async fn recipients(
    db: impl PgExecutor<'_>,
    workspace_id: i64,
    ids: &[i64],
) -> Result<Vec<Recipient>, sqlx::Error> {
    sqlx::query_as(
        "SELECT u.id, u.full_name, u.email, u.email_verified_at IS NOT NULL AS email_verified, m.role
         FROM users u LEFT JOIN members m ON m.user_id = u.id AND m.workspace_id = $1
         WHERE u.status = 1
           AND u.id IN (SELECT user_id FROM members WHERE workspace_id = $1 UNION SELECT UNNEST($2::bigint[]))
         ORDER BY u.id",
    )
    .bind(workspace_id)
    .bind(ids)
    .fetch_all(db)
    .await
}

fn credentials(row: &PgRow) -> Result<Credentials, sqlx::Error> {
    Ok(Credentials { user: user(row)?, password_hash: row.try_get("password_hash")? })
}

fn user(row: &PgRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        email_verified_at: row.try_get("email_verified_at")?,
        full_name: row.try_get("full_name")?,
        status: known(AccountStatus::from_number(row.try_get("status")?), "account status")?,
        platform_admin: row.try_get("platform_admin")?,
        created_at: row.try_get("created_at")?,
    })
}
