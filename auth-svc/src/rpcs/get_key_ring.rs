//! `GetKeyRing`.

use curtail_proto::auth::v1::{GetKeyRingRequest, GetKeyRingResponse};
use tonic::Request;

use crate::{App, Error};

pub(super) async fn handle(app: &App, request: Request<GetKeyRingRequest>) -> Result<GetKeyRingResponse, Error> {
    curtail_rpc::service(&request)?;
    Ok(GetKeyRingResponse { keys: app.keys.public()? })
}
