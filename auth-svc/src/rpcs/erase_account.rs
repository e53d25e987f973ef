//! `EraseAccount`.

use curtail_proto::auth::v1::{EraseAccountRequest, EraseAccountResponse};
use tonic::Request;

use super::session_of;
use crate::{App, Error, domain::Password, services::erasure};

pub(super) async fn handle(app: &App, request: Request<EraseAccountRequest>) -> Result<EraseAccountResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    session_of(&caller)?;
    let password = Password::parse(request.into_inner().current_password, "current_password")?;
    erasure::erase(app, &caller, password).await?;
    Ok(EraseAccountResponse {})
}
