//! `ListAuditLog`.

use curtail_proto::auth::v1::{ListAuditLogRequest, ListAuditLogResponse};
use tonic::Request;

use super::session_of;
use crate::{App, Error, convert, services::audit, store::audit_log::Page};

pub(super) async fn handle(app: &App, request: Request<ListAuditLogRequest>) -> Result<ListAuditLogResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let page = page(message)?;
    let (entries, has_more) = match message.workspace_id {
        0 => {
            session_of(caller)?;
            audit::of_account(app, caller.user_id, page).await?
        }
        workspace_id => audit::of_workspace(app, caller, workspace_id, page).await?,
    };
    Ok(ListAuditLogResponse { entries: entries.into_iter().map(convert::audit_entry).collect(), has_more })
}

fn page(message: &ListAuditLogRequest) -> Result<Page, Error> {
    if !(1..=100).contains(&message.limit) {
        return Err(Error::invalid("limit", "LIMIT_INVALID", "A page has 1 to 100 entries."));
    }
    let after = match message.cursor.as_str() {
        "" => None,
        cursor => {
            let refused = |_| Error::invalid("cursor", "CURSOR_INVALID", "This cursor is not one of this list.");
            Some(cursor.parse::<i64>().map_err(refused)?)
        }
    };
    Ok(Page { limit: i64::from(message.limit), after, backwards: message.backwards })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded_at_their_edges() {
        let ask = |limit, cursor: &str| {
            page(&ListAuditLogRequest { limit, cursor: cursor.into(), ..Default::default() }).is_ok()
        };
        assert!(ask(1, "") && ask(100, "7"));
        assert!(!ask(0, "") && !ask(101, "") && !ask(1, "x"));
    }
}
