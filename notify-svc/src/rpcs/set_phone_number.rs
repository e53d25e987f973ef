//! `SetPhoneNumber`.

use curtail_proto::notify::v1::{SetPhoneNumberRequest, SetPhoneNumberResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, phone_number, signed_in};
use crate::phone::refusal;
use crate::text::Number;

pub(super) async fn handle(
    app: &Handlers,
    request: Request<SetPhoneNumberRequest>,
) -> Result<SetPhoneNumberResponse, Error> {
    let user_id = signed_in(&request)?;
    let number = Number::parse(&request.get_ref().number).map_err(refusal::malformed_number)?;
    let phone = app.phones.set(user_id, &number).await?;
    Ok(SetPhoneNumberResponse { phone_number: Some(phone_number(phone)) })
}
