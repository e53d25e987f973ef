//! `ListSessions`.

use curtail_proto::auth::v1::{ListSessionsRequest, ListSessionsResponse};
use tonic::Request;

use super::session_of;
use crate::{App, Error, convert, services::sessions};

pub(super) async fn handle(app: &App, request: Request<ListSessionsRequest>) -> Result<ListSessionsResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let current = session_of(user)?;
    let sessions = sessions::list(app, user.user_id).await?;
    Ok(ListSessionsResponse { sessions: sessions.iter().map(|one| convert::session(one, Some(current))).collect() })
}
