//! API keys (S24). Only admins and owners of a workspace deal with them; for those who are no members there is nothing here
//! (S18).

use curtail_tokens::{Plan, Role, Scope};
use time::OffsetDateTime;

use serde_json::json;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    workspaces::require_admin_of,
};
use crate::{
    App, Error,
    domain::ApiKeyText,
    store::{
        api_keys::{self, ApiKey},
        revocations::Revoked,
        workspaces,
    },
};

/// The longest name in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The highest limit of a key's own, in requests per minute.
pub const MAX_RATE_LIMIT: u32 = 1_000_000;
/// The most keys in an answer: those of the largest plan and a history of revoked ones.
const MAX_LISTED: i64 = 1000;

/// What a key shall be like.
#[derive(Debug)]
pub struct Wanted {
    /// 1 to 100 characters.
    pub name: String,
    /// At least one.
    pub scopes: Vec<Scope>,
    /// In the future.
    pub expires_at: Option<OffsetDateTime>,
    /// Requests per minute; 0 means the plan's.
    pub rate_limit_per_minute: u32,
}

/// Makes a key; the text is shown this once.
pub async fn create(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    workspace_id: i64,
    wanted: Wanted,
) -> Result<(ApiKey, ApiKeyText), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let wanted = checked(wanted, now)?;
    let mut tx = app.pool.begin().await?;
    // The lock makes two keys at once count each other.
    let plan = workspaces::lock(&mut tx, workspace_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    let limit = quota(app, plan);
    if api_keys::count_live(&mut tx, workspace_id, now).await? >= i64::from(limit) {
        return Err(Error::ApiKeyQuota { limit });
    }
    // Two prefixes meet once in 62^8 keys; then the client tries again.
    let text = ApiKeyText::generate(&mut rng);
    let key = ApiKey {
        id: app.next_id()?,
        workspace_id,
        creator_id: caller.user_id,
        name: wanted.name,
        prefix: text.prefix().to_owned(),
        hash: app.secrets.api_key.tag(&[text.expose().as_bytes()]).to_vec(),
        scopes: wanted.scopes,
        rate_limit_per_minute: i32::try_from(wanted.rate_limit_per_minute).unwrap_or(i32::MAX),
        created_at: now,
        expires_at: wanted.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    if !api_keys::insert(&mut tx, &key).await? {
        return Err(Error::Internal(anyhow::anyhow!("two API keys have one prefix")));
    }
    Facts { conn: &mut tx, now, rng: &mut rng }.api_key_created(&key).await?;
    let scopes: Vec<String> = key.scopes.iter().map(|scope| format!("{scope:?}").to_uppercase()).collect();
    let after = json!({"name": key.name, "prefix": key.prefix, "scopes": scopes});
    let entry = Entry::new("api_key.created", actor, now).workspace(workspace_id).account(caller.user_id);
    entry.target(key.id).after(after).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok((key, text))
}

/// The keys of a workspace, newest first.
pub async fn list(app: &App, caller: &curtail_rpc::UserCaller, workspace_id: i64) -> Result<Vec<ApiKey>, Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(api_keys::of_workspace(&app.pool, workspace_id, MAX_LISTED).await?)
}

/// Revokes a key. Doing it again changes nothing.
pub async fn revoke(app: &App, actor: &Actor, caller: &curtail_rpc::UserCaller, id: i64) -> Result<ApiKey, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let key = api_keys::by_id(&mut *tx, id).await?.ok_or(Error::API_KEY_NOT_FOUND)?;
    require_admin_of(caller, key.workspace_id, Error::API_KEY_NOT_FOUND)?;
    if api_keys::revoke(&mut tx, id, now).await? {
        Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::ApiKey(id)).await?;
        let entry = Entry::new("api_key.revoked", actor, now).workspace(key.workspace_id).account(key.creator_id);
        entry.target(id).before(json!({"name": key.name, "prefix": key.prefix})).record(&mut tx).await?;
    }
    let key = api_keys::by_id(&mut *tx, id).await?.ok_or(Error::API_KEY_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(key)
}

fn quota(app: &App, plan: Plan) -> u32 {
    match plan {
        Plan::Free => app.plans.free.api_keys,
        Plan::Pro => app.plans.pro.api_keys,
        Plan::Enterprise => app.plans.enterprise.api_keys,
    }
}

fn checked(mut wanted: Wanted, now: OffsetDateTime) -> Result<Wanted, Error> {
    let refused = |_| Error::invalid("name", "NAME_INVALID", "Enter a name of 1 to 100 characters.");
    wanted.name = curtail_text::name::parse(&wanted.name, MAX_NAME_CHARS).map_err(refused)?;
    wanted.scopes.sort_unstable();
    wanted.scopes.dedup();
    if wanted.scopes.is_empty() {
        return Err(Error::invalid("scopes", "SCOPES_INVALID", "Choose at least one scope."));
    }
    if wanted.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("expires_at", "EXPIRY_INVALID", "The end has to be in the future."));
    }
    if wanted.rate_limit_per_minute > MAX_RATE_LIMIT {
        let message = "A key's own limit is at most 1000000 requests per minute.";
        return Err(Error::invalid("rate_limit_per_minute", "RATE_LIMIT_INVALID", message));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn wanted() -> Wanted {
        Wanted { name: "ci".into(), scopes: vec![Scope::Read], expires_at: None, rate_limit_per_minute: 0 }
    }

    fn field(wanted: Wanted) -> Option<&'static str> {
        match checked(wanted, NOW) {
            Ok(_) => None,
            Err(Error::Invalid { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn bounds_at_the_edge_and_one_past() {
        assert_eq!(field(Wanted { name: "n".repeat(100), ..wanted() }), None);
        assert_eq!(field(Wanted { name: "n".repeat(101), ..wanted() }), Some("name"));
        assert_eq!(field(Wanted { name: " ".into(), ..wanted() }), Some("name"));
        assert_eq!(field(Wanted { name: "\u{200b}".into(), ..wanted() }), Some("name"));
        assert_eq!(field(Wanted { name: "a\nb".into(), ..wanted() }), Some("name"));
        assert_eq!(field(Wanted { scopes: vec![], ..wanted() }), Some("scopes"));
        assert_eq!(field(Wanted { expires_at: Some(NOW + Duration::NANOSECOND), ..wanted() }), None);
        assert_eq!(field(Wanted { expires_at: Some(NOW), ..wanted() }), Some("expires_at"));
        assert_eq!(field(Wanted { rate_limit_per_minute: 1_000_000, ..wanted() }), None);
        assert_eq!(field(Wanted { rate_limit_per_minute: 1_000_001, ..wanted() }), Some("rate_limit_per_minute"));
    }

    #[test]
    fn scopes_are_kept_once_each() {
        let scopes = vec![Scope::Write, Scope::Read, Scope::Write];
        assert_eq!(checked(Wanted { scopes, ..wanted() }, NOW).unwrap().scopes, [Scope::Read, Scope::Write]);
    }
}
