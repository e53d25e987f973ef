//! `LogoutAll`.

use curtail_proto::auth::v1::{LogoutAllRequest, LogoutAllResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, sessions},
};

pub(super) async fn handle(app: &App, request: Request<LogoutAllRequest>) -> Result<LogoutAllResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    session_of(user)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let ended = sessions::end_all(app, user.user_id, &Actor::of(user, client.as_ref())).await?;
    Ok(LogoutAllResponse { ended: u32::try_from(ended).unwrap_or(u32::MAX) })
}
