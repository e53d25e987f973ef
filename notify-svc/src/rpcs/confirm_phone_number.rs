//! `ConfirmPhoneNumber`.

use curtail_proto::notify::v1::{ConfirmPhoneNumberRequest, ConfirmPhoneNumberResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, phone_number, signed_in};

pub(super) async fn handle(
    app: &Handlers,
    request: Request<ConfirmPhoneNumberRequest>,
) -> Result<ConfirmPhoneNumberResponse, Error> {
    let user_id = signed_in(&request)?;
    let phone = app.phones.confirm(user_id, &request.get_ref().code).await?;
    Ok(ConfirmPhoneNumberResponse { phone_number: Some(phone_number(phone)) })
}
