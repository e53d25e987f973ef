//! Table `api_keys`.

use curtail_tokens::{Membership, Plan, Role, Scope};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row, postgres::PgRow};
use time::OffsetDateTime;

use super::known;
use crate::domain::AccountStatus;

/// An API key without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Snowflake.
    pub id: i64,
    /// The one workspace that it reaches.
    pub workspace_id: i64,
    /// In whose name it acts.
    pub creator_id: i64,
    /// As it is shown.
    pub name: String,
    /// The visible start.
    pub prefix: String,
    /// HMAC-SHA256 of the whole key.
    pub hash: Vec<u8>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Requests per minute; 0 means the plan's.
    pub rate_limit_per_minute: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it stops working.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used; a few seconds late.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// Neither revoked nor expired.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl FromRow<'_, PgRow> for ApiKey {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let scopes: Vec<i16> = row.try_get("scopes")?;
        let scopes = scopes.into_iter().map(|scope| known(Scope::from_number(scope.into()), "scope"));
        Ok(Self {
            id: row.try_get("id")?,
            workspace_id: row.try_get("workspace_id")?,
            creator_id: row.try_get("creator_id")?,
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            hash: row.try_get("hash")?,
            scopes: scopes.collect::<Result<_, _>>()?,
            rate_limit_per_minute: row.try_get("rate_limit_per_minute")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            last_used_at: row.try_get("last_used_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    }
}

/// A key with what is asked of its creator and workspace.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The key.
    pub key: ApiKey,
    /// Whether the creator's account may be used.
    pub status: AccountStatus,
    /// The creator's place in the workspace; `None` when there is none any more.
    pub membership: Option<Membership>,
}

/// Inserts a key; `false` when its prefix is taken by another.
pub async fn insert(conn: &mut PgConnection, key: &ApiKey) -> Result<bool, sqlx::Error> {
    let scopes: Vec<i16> = key.scopes.iter().map(|scope| scope.number() as i16).collect();
    let inserted = sqlx::query(
        "INSERT INTO api_keys (id, workspace_id, creator_id, name, prefix, hash, scopes, rate_limit_per_minute, created_at,
                               expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (prefix) DO NOTHING",
    )
    .bind(key.id)
    .bind(key.workspace_id)
    .bind(key.creator_id)
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(&key.hash)
    .bind(scopes)
    .bind(key.rate_limit_per_minute)
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// How many keys of the workspace are neither revoked nor expired.
pub async fn count_live(conn: &mut PgConnection, workspace_id: i64, now: OffsetDateTime) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) FROM api_keys
         WHERE workspace_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(workspace_id)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// The key of a prefix with its creator's state and place.
pub async fn owned(pool: &PgPool, prefix: &str) -> Result<Option<Owned>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT k.*, u.status, m.role, w.plan
         FROM api_keys k
         JOIN users u ON u.id = k.creator_id
         JOIN workspaces w ON w.id = k.workspace_id
         LEFT JOIN members m ON m.user_id = k.creator_id AND m.workspace_id = k.workspace_id
         WHERE k.prefix = $1",
    )
    .bind(prefix)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let key = ApiKey::from_row(&row)?;
        let plan = known(Plan::from_number(row.try_get::<i16, _>("plan")?.into()), "plan")?;
        let role: Option<i16> = row.try_get("role")?;
        let role = role.map(|role| known(Role::from_number(role.into()), "role")).transpose()?;
        let status = known(AccountStatus::from_number(row.try_get("status")?), "account status")?;
        let membership = role.map(|role| Membership { id: key.workspace_id, role, plan });
        Ok(Owned { key, status, membership })
    })
    .transpose()
}

/// The key of an id.
pub async fn by_id(db: impl PgExecutor<'_>, id: i64) -> Result<Option<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE id = $1").bind(id).fetch_optional(db).await
}

/// The keys of a workspace, newest first, at most `most`.
pub async fn of_workspace(pool: &PgPool, workspace_id: i64, most: i64) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2")
        .bind(workspace_id)
        .bind(most)
        .fetch_all(pool)
        .await
}

/// Revokes a key; the first revocation's time stays. The key as it is now and whether this call revoked it.
pub async fn revoke(conn: &mut PgConnection, id: i64, now: OffsetDateTime) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Writes when keys were last used; an older time never replaces a newer one.
pub async fn touch(pool: &PgPool, ids: &[i64], times: &[OffsetDateTime]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE api_keys k SET last_used_at = GREATEST(k.last_used_at, t.at)
         FROM UNNEST($1::bigint[], $2::timestamptz[]) AS t (id, at) WHERE k.id = t.id",
    )
    .bind(ids)
    .bind(times)
    .execute(pool)
    .await?;
    Ok(())
}

/// Revokes the live keys that a user made in a workspace; their ids.
pub async fn revoke_of_creator(
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

/// The keys that a user made, newest first.
pub async fn of_creator(db: impl PgExecutor<'_>, creator_id: i64) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE creator_id = $1 ORDER BY id DESC").bind(creator_id).fetch_all(db).await
}
