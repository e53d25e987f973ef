//! `Logout`.

use proto::auth::v1::{LogoutRequest, LogoutResponse};
use tonic::Request;

use super::session_of;
use crate::{App, Error, services::sessions};

/// With a refresh token whoever may call ends its session, also when its access token has expired. Without one the caller's
/// own session ends.
pub(super) async fn handle(app: &App, request: Request<LogoutRequest>) -> Result<LogoutResponse, Error> {
    rpc::caller(&request)?;
    let token = &request.get_ref().refresh_token;
    if token.is_empty() {
        let user = rpc::user(&request)?;
        sessions::end(app, session_of(user)?, user.user_id).await?;
    } else {
        sessions::log_out(app, token).await?;
    }
    Ok(LogoutResponse {})
}
