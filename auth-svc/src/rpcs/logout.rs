//! `Logout`.

use curtail_proto::auth::v1::{LogoutRequest, LogoutResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, sessions},
};

/// With a refresh token whoever may call ends its session, also when its access token has expired. Without one the caller's
/// own session ends.
pub(super) async fn handle(app: &App, request: Request<LogoutRequest>) -> Result<LogoutResponse, Error> {
    curtail_rpc::caller(&request)?;
    let message = request.get_ref();
    let client = ClientInfo::optional(message.client.clone());
    if message.refresh_token.is_empty() {
        let user = curtail_rpc::user(&request)?;
        sessions::end(app, session_of(user)?, user.user_id, &Actor::of(user, client.as_ref())).await?;
    } else {
        sessions::log_out(app, &message.refresh_token, client.as_ref()).await?;
    }
    Ok(LogoutResponse {})
}
