//! `Exchange`.

use curtail_proto::auth::v1::{ExchangeRequest, ExchangeResponse, exchange_request::Credential};
use tonic::Request;

use crate::{App, Error, services::exchange};

pub(super) async fn handle(app: &App, request: Request<ExchangeRequest>) -> Result<ExchangeResponse, Error> {
    curtail_rpc::service(&request)?;
    let exchanged = match request.into_inner().credential {
        Some(Credential::AccessToken(token)) => exchange::access_token(app, &token).await?,
        Some(Credential::ApiKey(key)) => exchange::api_key(app, &key).await?,
        None => return Err(Error::AccessTokenInvalid),
    };
    Ok(ExchangeResponse {
        internal_token: exchanged.internal_token,
        expires_at: Some(curtail_proto::timestamp(exchanged.expires_at)),
        rate_limit_per_minute: exchanged.rate_limit_per_minute,
    })
}
