//! `connection_init`: who it is, for as long as the socket is open.

use std::time::Instant;

use curtail_edge::RequestOrigin;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

use super::close::Close;
use super::handshake::Guest;
use crate::app::App;
use crate::auth::CredentialMonitor;
use crate::auth::{Authenticated, Credential, find};
use crate::live::Owner;

/// Who a socket belongs to; the monitor of nobody is none.
pub(super) struct Caller {
    pub(super) authenticated: Option<Authenticated>,
    pub(super) monitor: Option<CredentialMonitor>,
}

impl Caller {
    /// Finds out who it is: by the parameters of the connection, or else by what the handshake brought.
    pub(super) async fn of(app: &App, guest: &mut Guest, params: &Map<String, Value>) -> Result<Self, Close> {
        let given = credential(params).map_err(|()| Close::Forbidden("Forbidden"))?;
        let credential = given.or_else(|| guest.credential.take());
        let authenticated = match &credential {
            Some(credential) => {
                let call =
                    curtail_rpc::CallContext::new(Instant::now() + app.patience()).for_request(guest.seen.id.clone());
                let known = app.shared.authenticator.authenticate(credential, &guest.client, &call).await;
                Some(known.map_err(|refusal| Close::of(&refusal))?)
            }
            None => None,
        };
        let principal = authenticated.as_ref().map(|known| &known.principal);
        let owner = Owner::new(principal, guest.seen.client);
        guest.permit.assign_owner(owner).map_err(|refusal| Close::of(&refusal))?;
        let monitor = credential.zip(authenticated.clone()).map(|(credential, known)| {
            CredentialMonitor::start(&app.shared.authenticator, credential, guest.client.clone(), known)
        });
        Ok(Self { authenticated, monitor })
    }
}

/// The credential in the parameters of the connection: `authorization` or `x-api-key`, as the headers of the same names.
fn credential(params: &Map<String, Value>) -> Result<Option<Credential>, ()> {
    let mut headers = HeaderMap::new();
    for (name, value) in params {
        let name = match name.to_ascii_lowercase().as_str() {
            "authorization" => header::AUTHORIZATION,
            "x-api-key" => header::HeaderName::from_static("x-api-key"),
            _ => continue,
        };
        let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok()).ok_or(())?;
        headers.append(name, value);
    }
    find(&headers, None, RequestOrigin::Unknown).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(params: Value) -> Result<Option<Credential>, ()> {
        credential(params.as_object().unwrap())
    }

    #[test]
    fn a_credential_is_found_by_the_names_of_the_headers() {
        let key = Ok(Some(Credential::ApiKey("ck_live_x".into())));
        assert_eq!(found(json!({"Authorization": "Bearer ck_live_x", "other": 1})), key);
        assert_eq!(found(json!({"X-Api-Key": "ck_live_x"})), key);
        assert_eq!(found(json!({})), Ok(None));
        for bad in [
            json!({"authorization": 1}),
            json!({"authorization": "Basic x"}),
            json!({"authorization": "Bearer a\nb"}),
            json!({"authorization": "Bearer a", "Authorization": "Bearer b"}),
        ] {
            assert_eq!(found(bad), Err(()));
        }
    }
}
