//! `Login`.

use curtail_proto::auth::v1::{LoginRequest, LoginResponse};
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::{ClientInfo, Email, Password},
    services::login,
};

pub(super) async fn handle(app: &App, request: Request<LoginRequest>) -> Result<LoginResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    // What cannot be an address or a password is told so: that reveals nothing about who has an account.
    let email = Email::parse(&request.email)?;
    let password = Password::parse(request.password, "password")?;
    let client = ClientInfo::required(request.client)?;
    let (user, pair) = login::log_in(app, &email, password, &client).await?;
    Ok(LoginResponse { user: Some(convert::user(&user)), tokens: Some(convert::pair(pair)) })
}
