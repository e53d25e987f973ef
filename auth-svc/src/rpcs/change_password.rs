//! `ChangePassword`.

use curtail_proto::auth::v1::{ChangePasswordRequest, ChangePasswordResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::{ClientInfo, Password},
    services::{accounts, audit::Actor},
};

pub(super) async fn handle(
    app: &App,
    request: Request<ChangePasswordRequest>,
) -> Result<ChangePasswordResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let session = session_of(&caller)?;
    let request = request.into_inner();
    let current = Password::parse(request.current_password, "current_password")?;
    let new = Password::parse(request.new_password, "new_password")?;
    let actor = Actor::of(&caller, ClientInfo::optional(request.client).as_ref());
    accounts::change_password(app, &actor, &caller, session, current, new).await?;
    Ok(ChangePasswordResponse {})
}
