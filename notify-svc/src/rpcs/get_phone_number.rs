//! `GetPhoneNumber`.

use curtail_proto::notify::v1::{GetPhoneNumberRequest, GetPhoneNumberResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, phone_number, signed_in};

pub(super) async fn handle(
    app: &Handlers,
    request: Request<GetPhoneNumberRequest>,
) -> Result<GetPhoneNumberResponse, Error> {
    let phone = app.phones.get(signed_in(&request)?).await?;
    Ok(GetPhoneNumberResponse { phone_number: phone.map(phone_number) })
}
