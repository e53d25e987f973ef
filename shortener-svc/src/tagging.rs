//! Tags that links bring along: those that are new to the workspace are made on the way.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::failure::Failure;
use crate::limits;
use crate::refusal;
use crate::store::tags;

/// The colours of `names` (sorted), each made if it is missing.
pub async fn colors_of(
    conn: &mut PgConnection,
    workspace: i64,
    names: &[String],
) -> Result<HashMap<String, String>, Failure> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let known = tags::colors(&mut *conn, workspace, names).await?;
    if known.len() == names.len() {
        return Ok(known);
    }
    let missing: Vec<String> = names.iter().filter(|name| !known.contains_key(*name)).cloned().collect();
    if room(&mut *conn, workspace).await? < missing.len() {
        return Err(refusal::too_many_tags("tags").into());
    }
    tags::add(&mut *conn, workspace, &missing).await?;
    // Read again: somebody else may have made and coloured one at the same moment.
    Ok(tags::colors(conn, workspace, names).await?)
}

/// How many tags the workspace may still make. Soft: parallel requests do not see each other.
pub async fn room(conn: &mut PgConnection, workspace: i64) -> Result<usize, sqlx::Error> {
    let count = usize::try_from(tags::count(conn, workspace).await?).unwrap_or(usize::MAX);
    Ok(limits::TAGS_PER_WORKSPACE.saturating_sub(count))
}

/// `names` with their colours, in order.
pub fn pick(colors: &HashMap<String, String>, names: &[String]) -> Vec<String> {
    names.iter().map(|name| colors.get(name).cloned().unwrap_or_default()).collect()
}
