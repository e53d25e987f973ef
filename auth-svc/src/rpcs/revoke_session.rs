//! `RevokeSession`.

use curtail_proto::auth::v1::{RevokeSessionRequest, RevokeSessionResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, sessions},
};

pub(super) async fn handle(app: &App, request: Request<RevokeSessionRequest>) -> Result<RevokeSessionResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    session_of(user)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let actor = Actor::of(user, client.as_ref());
    if sessions::end(app, request.get_ref().session_id, user.user_id, &actor).await? {
        Ok(RevokeSessionResponse {})
    } else {
        Err(Error::SESSION_NOT_FOUND)
    }
}
