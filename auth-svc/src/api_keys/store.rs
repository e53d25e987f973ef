//! Table `api_keys`.

use curtail_tokens::{Membership, Plan, Role, Scope};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row};
use time::OffsetDateTime;

use crate::error::known;
use crate::users::AccountStatus;

/// An API key without its secret.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    pub(crate) id: i64,
    /// The one workspace that it reaches.
    pub(crate) workspace_id: i64,
    /// The user for whom it acts.
    pub(crate) creator_id: i64,
    pub(crate) name: String,
    pub(crate) prefix: String,
    /// HMAC-SHA256 of the whole key.
    pub(crate) hash: Vec<u8>,
    pub(crate) scopes: Vec<Scope>,
    /// Requests per minute; 0 means the plan's.
    pub(crate) rate_limit_per_minute: i32,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// When it was last used; a few seconds late.
    pub(crate) last_used_at: Option<OffsetDateTime>,
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

impl ApiKey {
    pub(crate) fn is_live(&self, now: OffsetDateTime) -> bool {
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

/// A key with the state of its creator and workspace.
#[derive(Clone, Debug)]
pub(crate) struct KeyWithOwner {
    pub(crate) key: ApiKey,
    /// Whether the creator's account may be used.
    pub(crate) status: AccountStatus,
    /// The creator's membership in the workspace; `None` if the creator is no longer a member.
    pub(crate) membership: Option<Membership>,
}

/// Inserts a key; `false` if its prefix is taken.
pub(crate) async fn insert(conn: &mut PgConnection, key: &ApiKey) -> Result<bool, sqlx::Error> {
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
pub(crate) async fn count_live(
    conn: &mut PgConnection,
    workspace_id: i64,
    now: OffsetDateTime,
) -> Result<i64, sqlx::Error> {
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
pub(crate) async fn with_owner(pool: &PgPool, prefix: &str) -> Result<Option<KeyWithOwner>, sqlx::Error> {
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
        Ok(KeyWithOwner { key, status, membership })
    })
    .transpose()
}

/// The key of an id.
pub(crate) async fn by_id(db: impl PgExecutor<'_>, id: i64) -> Result<Option<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE id = $1").bind(id).fetch_optional(db).await
}

/// The keys of a workspace, newest first, at most `most`.
pub(crate) async fn of_workspace(pool: &PgPool, workspace_id: i64, most: i64) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2")
        .bind(workspace_id)
        .bind(most)
        .fetch_all(pool)
        .await
}

/// Revokes a key; `true` if this call revoked it. The time of the first revocation stays.
pub(crate) async fn revoke(conn: &mut PgConnection, id: i64, now: OffsetDateTime) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Writes when keys were last used; an older time never replaces a newer one.
pub(crate) async fn touch(pool: &PgPool, ids: &[i64], times: &[OffsetDateTime]) -> Result<(), sqlx::Error> {
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

/// The keys that a user made, newest first.
pub(crate) async fn of_creator(db: impl PgExecutor<'_>, creator_id: i64) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM api_keys WHERE creator_id = $1 ORDER BY id DESC").bind(creator_id).fetch_all(db).await
}
