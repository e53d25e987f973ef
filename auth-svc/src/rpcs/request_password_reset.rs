//! `RequestPasswordReset`.

use curtail_proto::auth::v1::{RequestPasswordResetRequest, RequestPasswordResetResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::{ClientInfo, Email},
    services::password_reset,
};

pub(super) async fn handle(
    app: &App,
    request: Request<RequestPasswordResetRequest>,
) -> Result<RequestPasswordResetResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let (email, client) = (Email::parse(&request.email)?, ClientInfo::required(request.client)?);
    password_reset::request(app, &email, &client).await?;
    Ok(RequestPasswordResetResponse {})
}
