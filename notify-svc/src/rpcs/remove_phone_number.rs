//! `RemovePhoneNumber`.

use curtail_proto::notify::v1::{RemovePhoneNumberRequest, RemovePhoneNumberResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, signed_in};

pub(super) async fn handle(
    app: &Handlers,
    request: Request<RemovePhoneNumberRequest>,
) -> Result<RemovePhoneNumberResponse, Error> {
    app.phones.remove(signed_in(&request)?).await?;
    Ok(RemovePhoneNumberResponse {})
}
