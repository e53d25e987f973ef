//! `ListApiKeys`.

use curtail_proto::auth::v1::{ListApiKeysRequest, ListApiKeysResponse};
use tonic::Request;

use crate::{App, Error, convert, services::api_keys};

pub(super) async fn handle(app: &App, request: Request<ListApiKeysRequest>) -> Result<ListApiKeysResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let keys = api_keys::list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListApiKeysResponse { api_keys: keys.iter().map(convert::api_key).collect() })
}
