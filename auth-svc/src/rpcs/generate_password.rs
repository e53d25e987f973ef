//! `GeneratePassword`.

use curtail_proto::auth::v1::{GeneratePasswordRequest, GeneratePasswordResponse};
use tonic::Request;

use crate::{App, Error, services::strength};

/// For anybody who may call at all: a sign-up form needs it before there is a user.
pub(super) async fn handle(
    app: &App,
    request: Request<GeneratePasswordRequest>,
) -> Result<GeneratePasswordResponse, Error> {
    curtail_rpc::caller(&request)?;
    Ok(GeneratePasswordResponse { password: strength::generate(&mut app.entropy.fork()) })
}
