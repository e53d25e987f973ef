//! `CreateApiKey`.

use curtail_proto::auth::v1::{CreateApiKeyRequest, CreateApiKeyResponse};
use curtail_tokens::Scope;
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::ClientInfo,
    services::{
        api_keys::{self, Wanted},
        audit::Actor,
    },
};

pub(super) async fn handle(app: &App, request: Request<CreateApiKeyRequest>) -> Result<CreateApiKeyResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let actor = Actor::of(&caller, ClientInfo::optional(request.client.clone()).as_ref());
    let (key, text) = api_keys::create(app, &actor, &caller, request.workspace_id, wanted(&request)?).await?;
    Ok(CreateApiKeyResponse { api_key: Some(convert::api_key(&key)), secret: text.expose().to_owned() })
}

fn wanted(request: &CreateApiKeyRequest) -> Result<Wanted, Error> {
    let scopes = request.scopes.iter().map(|number| Scope::from_number(*number)).collect::<Option<Vec<_>>>();
    let scopes = scopes.ok_or(Error::invalid("scopes", "SCOPES_INVALID", "There is no such scope."))?;
    let expires_at = match &request.expires_at {
        None => None,
        Some(at) => Some(curtail_proto::instant(*at).ok_or(Error::invalid(
            "expires_at",
            "EXPIRY_INVALID",
            "There is no such instant.",
        ))?),
    };
    let rate_limit_per_minute = request.rate_limit_per_minute;
    Ok(Wanted { name: request.name.clone(), scopes, expires_at, rate_limit_per_minute })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_and_instants_are_refused() {
        let request = |scope: i32| CreateApiKeyRequest { scopes: vec![scope], ..Default::default() };
        assert!(wanted(&request(1)).is_ok() && wanted(&request(4)).is_ok());
        assert!(wanted(&request(0)).is_err() && wanted(&request(5)).is_err());
        let at = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
        assert!(wanted(&CreateApiKeyRequest { expires_at: Some(at), ..request(1) }).is_err());
    }
}
