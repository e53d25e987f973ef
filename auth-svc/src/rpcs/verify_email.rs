//! `VerifyEmail`.

use curtail_proto::auth::v1::{VerifyEmailRequest, VerifyEmailResponse};
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::{ClientInfo, MailToken},
    services::verification,
};

pub(super) async fn handle(app: &App, request: Request<VerifyEmailRequest>) -> Result<VerifyEmailResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let token = MailToken::parse(&request.token)?;
    let client = ClientInfo::required(request.client)?;
    let (user, pair) = verification::verify(app, &token, &client).await?;
    Ok(VerifyEmailResponse { user: Some(convert::user(&user)), tokens: Some(convert::pair(pair)) })
}
