//! `ResetPassword`.

use curtail_proto::auth::v1::{ResetPasswordRequest, ResetPasswordResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::{ClientInfo, MailToken, Password},
    services::password_reset,
};

pub(super) async fn handle(app: &App, request: Request<ResetPasswordRequest>) -> Result<ResetPasswordResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let new = Password::parse(request.new_password, "new_password")?;
    let token = MailToken::parse(&request.token)?;
    let client = ClientInfo::required(request.client)?;
    password_reset::reset(app, &token, new, &client).await?;
    Ok(ResetPasswordResponse {})
}
