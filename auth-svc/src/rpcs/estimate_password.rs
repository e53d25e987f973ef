//! `EstimatePassword`.

use curtail_proto::auth::v1::{EstimatePasswordRequest, EstimatePasswordResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::Password,
    services::strength::{self, MAX_USER_INPUT_BYTES, MAX_USER_INPUTS},
};

/// For anybody who may call at all: a sign-up form needs it before there is a user.
pub(super) async fn handle(
    app: &App,
    request: Request<EstimatePasswordRequest>,
) -> Result<EstimatePasswordResponse, Error> {
    curtail_rpc::caller(&request)?;
    let request = request.into_inner();
    let password = Password::parse(request.password, "password")?;
    let inputs: Vec<&str> = request.user_inputs.iter().map(String::as_str).collect();
    if inputs.len() > MAX_USER_INPUTS || inputs.iter().any(|input| input.len() > MAX_USER_INPUT_BYTES) {
        let message = "At most 10 words of at most 256 bytes are taken.";
        return Err(Error::invalid("user_inputs", "USER_INPUTS_INVALID", message));
    }
    let strength = strength::estimate(&password, &inputs);
    Ok(EstimatePasswordResponse {
        score: strength.score.into(),
        acceptable: strength::is_acceptable(&password, &strength, app.settings.min_password_score),
        warning: strength.warning,
        suggestions: strength.suggestions,
    })
}
