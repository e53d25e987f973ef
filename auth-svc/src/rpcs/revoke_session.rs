//! `RevokeSession`.

use proto::auth::v1::{RevokeSessionRequest, RevokeSessionResponse};
use tonic::Request;

use super::session_of;
use crate::{App, Error, services::sessions};

pub(super) async fn handle(app: &App, request: Request<RevokeSessionRequest>) -> Result<RevokeSessionResponse, Error> {
    let user = rpc::user(&request)?;
    session_of(user)?;
    if sessions::end(app, request.get_ref().session_id, user.user_id).await? {
        Ok(RevokeSessionResponse {})
    } else {
        Err(Error::SESSION_NOT_FOUND)
    }
}
