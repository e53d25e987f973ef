//! `RevokeApiKey`.

use proto::auth::v1::{RevokeApiKeyRequest, RevokeApiKeyResponse};
use tonic::Request;

use crate::{App, Error, convert, services::api_keys};

pub(super) async fn handle(app: &App, request: Request<RevokeApiKeyRequest>) -> Result<RevokeApiKeyResponse, Error> {
    let caller = rpc::user(&request)?;
    let key = api_keys::revoke(app, caller, request.get_ref().api_key_id).await?;
    Ok(RevokeApiKeyResponse { api_key: Some(convert::api_key(&key)) })
}
