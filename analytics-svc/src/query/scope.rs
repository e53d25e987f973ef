//! What the numbers are about.

use curtail_proto::analytics::v1::{AnalyticsScope, analytics_scope::Of};
use curtail_rpc::{Code, Error};
use sqlx::PgPool;

/// The longest tag or domain, in bytes.
const MAX_NAME_BYTES: usize = 253;

/// A workspace or some of its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Every click that is counted belongs to it.
    pub workspace_id: i64,
    /// `None` for all clicks of the workspace.
    pub links: Option<Vec<i64>>,
}

impl Scope {
    /// Finds the links of a scope. A link of another workspace is a link without clicks: whose it is stays unsaid.
    ///
    /// # Errors
    /// `INVALID` when a name is too long; the database's, when it is unavailable.
    pub async fn resolve(pool: &PgPool, scope: AnalyticsScope) -> Result<Self, Error> {
        let workspace_id = scope.workspace_id;
        let links = match scope.of {
            None => None,
            Some(Of::LinkId(link)) => Some(vec![link]),
            Some(Of::Tag(tag)) => Some(
                sqlx::query_scalar("SELECT link_id FROM links WHERE workspace_id = $1 AND tags @> ARRAY[$2]")
                    .bind(workspace_id)
                    .bind(name(tag)?)
                    .fetch_all(pool)
                    .await
                    .map_err(crate::store_error)?,
            ),
            Some(Of::Domain(domain)) => Some(
                sqlx::query_scalar("SELECT link_id FROM links WHERE workspace_id = $1 AND domain = $2")
                    .bind(workspace_id)
                    .bind(name(domain)?.to_lowercase())
                    .fetch_all(pool)
                    .await
                    .map_err(crate::store_error)?,
            ),
        };
        Ok(Self { workspace_id, links })
    }

    /// The link ids under which the rollups have the scope.
    pub fn rollup_links(&self) -> &[i64] {
        self.links.as_deref().unwrap_or(&[0])
    }
}

fn name(name: String) -> Result<String, Error> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains('\0') {
        let message = format!("a tag or domain has 1 to {MAX_NAME_BYTES} bytes");
        return Err(Error::new(Code::Invalid, "SCOPE_INVALID", message).field("scope"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded() {
        assert!(name("x".repeat(MAX_NAME_BYTES)).is_ok());
        for bad in [String::new(), "x".repeat(MAX_NAME_BYTES + 1), "a\0b".to_owned()] {
            assert_eq!(name(bad).unwrap_err().reason, "SCOPE_INVALID");
        }
    }
}
