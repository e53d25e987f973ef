//! `RefreshSession`.

use curtail_proto::auth::v1::{RefreshSessionRequest, RefreshSessionResponse};
use tonic::Request;

use crate::{App, Error, convert, domain::ClientInfo, services::sessions};

pub(super) async fn handle(
    app: &App,
    request: Request<RefreshSessionRequest>,
) -> Result<RefreshSessionResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let client = ClientInfo::optional(request.client);
    let pair = sessions::refresh(app, &request.refresh_token, client.as_ref()).await?;
    Ok(RefreshSessionResponse { tokens: Some(convert::pair(pair)) })
}
