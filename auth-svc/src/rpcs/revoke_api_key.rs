//! `RevokeApiKey`.

use curtail_proto::auth::v1::{RevokeApiKeyRequest, RevokeApiKeyResponse};
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::ClientInfo,
    services::{api_keys, audit::Actor},
};

pub(super) async fn handle(app: &App, request: Request<RevokeApiKeyRequest>) -> Result<RevokeApiKeyResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let actor = Actor::of(caller, client.as_ref());
    let key = api_keys::revoke(app, &actor, caller, request.get_ref().api_key_id).await?;
    Ok(RevokeApiKeyResponse { api_key: Some(convert::api_key(&key)) })
}
