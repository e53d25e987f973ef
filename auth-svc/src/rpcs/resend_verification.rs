//! `ResendVerification`.

use curtail_proto::auth::v1::{ResendVerificationRequest, ResendVerificationResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::{ClientInfo, Email},
    services::verification,
};

pub(super) async fn handle(
    app: &App,
    request: Request<ResendVerificationRequest>,
) -> Result<ResendVerificationResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let (email, client) = (Email::parse(&request.email)?, ClientInfo::required(request.client)?);
    verification::resend(app, &email, &client).await?;
    Ok(ResendVerificationResponse {})
}
