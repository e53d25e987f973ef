//! `Register`.

use curtail_proto::auth::v1::{RegisterRequest, RegisterResponse};
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::{ClientInfo, Email, FullName, Password},
    services::registration::{self, Applicant},
};

pub(super) async fn handle(app: &App, request: Request<RegisterRequest>) -> Result<RegisterResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let applicant = Applicant {
        email: Email::parse(&request.email)?,
        password: Password::parse(request.password, "password")?,
        full_name: FullName::parse(&request.full_name)?,
    };
    let client = ClientInfo::required(request.client)?;
    let Some((registered, pair)) = registration::register(app, applicant, &client).await? else {
        return Ok(RegisterResponse::default());
    };
    Ok(RegisterResponse {
        user: Some(convert::user(&registered.user)),
        workspace: Some(convert::workspace(&registered.workspace)),
        tokens: Some(convert::pair(pair)),
    })
}
